import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DomainError } from "@overread/shared/errors";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { openReportPdf } from "#server/domain/reporting/index.ts";
import { objectStore } from "#server/storage/object-store.ts";

export const reportPdfPath = /^\/api\/reports\/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\/pdf$/;

/**
 * Answers `GET /api/reports/{reportVersionId}/pdf`: the signed report as it was rendered, to be shown by the browser's own
 * viewer. The type is fixed by us and nothing in the document may run.
 *
 * @throws {DomainError} `auth.required`, `report.not-found` (also while the document is still being made)
 */
export async function reportPdf(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
  const reportVersionId = reportPdfPath.exec(path)?.[1];
  if (!reportVersionId) throw new DomainError("report.not-found");
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  const { objectKey } = await withTenant(actor, (ctx) => openReportPdf(ctx, { reportVersionId }));
  const store = objectStore();
  const stat = await store.stat(objectKey);
  if (!stat) throw new DomainError("storage.corrupt");
  res.setHeader(
    "content-security-policy",
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-downloads",
  );
  res.setHeader("x-frame-options", "SAMEORIGIN");
  res.writeHead(200, {
    "content-type": "application/pdf",
    "content-length": stat.sizeBytes,
    // No name of anybody in a file name.
    "content-disposition": `inline; filename="report-${reportVersionId.slice(0, 8)}.pdf"`,
    "cache-control": "private, no-store",
  });
  if (req.method === "HEAD") res.end();
  else await pipeline(Readable.from(store.readRange(objectKey, 0, stat.sizeBytes - 1)), res);
}

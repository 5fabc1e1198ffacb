import { DomainError } from "@overread/shared/errors";
import { assertWholeBytes } from "#server/archive/index.ts";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { openReportPdf } from "#server/domain/reporting/index.ts";
import type { Exchange } from "#server/http/protocol.ts";
import { objectStore } from "#server/storage/open-store.ts";

/**
 * Answers `GET /api/reports/{reportVersionId}/pdf`: the stored PDF of a signed report, shown by the browser's own
 * viewer. We set the media type, and nothing in the document may run.
 *
 * @throws {DomainError} `auth.required`, `report.not-found` (also while the document is still being made),
 * `storage.corrupt`
 */
export async function reportPdf({ req, res, requestId }: Exchange, reportVersionId: string): Promise<void> {
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  const { objectKey, sha256 } = await withTenant(actor, (ctx) => openReportPdf(ctx, { reportVersionId }), {
    requestId,
  });
  const pdf = await objectStore().readWhole(objectKey);
  // A signed report is sent exactly as it was signed, or not at all.
  assertWholeBytes(pdf, { objectKey, dataSetOffset: 0, dataSetSha256: sha256 });
  res.setHeader(
    "content-security-policy",
    "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-downloads",
  );
  res.setHeader("x-frame-options", "SAMEORIGIN");
  res.writeHead(200, {
    "content-type": "application/pdf",
    "content-length": pdf.length,
    // No patient name in a file name.
    "content-disposition": `inline; filename="report-${reportVersionId.slice(0, 8)}.pdf"`,
    "cache-control": "private, no-store",
  });
  res.end(req.method === "HEAD" ? undefined : pdf);
}

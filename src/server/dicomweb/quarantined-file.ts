import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DomainError } from "@overread/shared/errors";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { openQuarantined } from "#server/domain/imaging/index.ts";
import { objectStore } from "#server/storage/object-store.ts";

export const quarantinedFilePath = /^\/api\/quarantine\/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/;

/**
 * Answers `GET /api/quarantine/{instanceId}`: one version of an image that came in more than one, as the Part 10 file it is
 * kept as. DICOMweb serves the one version that counts; this is for who decides which.
 *
 * @throws {DomainError} `auth.required`, `instance.not-found`
 */
export async function quarantinedFile(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
  const instanceId = quarantinedFilePath.exec(path)?.[1];
  if (!instanceId) throw new DomainError("instance.not-found");
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  const { objectKey, dataSetSha256 } = await withTenant(actor, (ctx) => openQuarantined(ctx, { instanceId }));
  const store = objectStore();
  const stat = await store.stat(objectKey);
  if (!stat) throw new DomainError("storage.corrupt");
  res.writeHead(200, {
    "content-type": "application/dicom",
    "content-length": stat.sizeBytes,
    // No name of anybody in a file name.
    "content-disposition": `attachment; filename="version-${dataSetSha256.slice(0, 12)}.dcm"`,
    "cache-control": "private, no-store",
  });
  if (req.method === "HEAD") res.end();
  else await pipeline(Readable.from(store.readRange(objectKey, 0, stat.sizeBytes - 1)), res);
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { DomainError } from "@overread/shared/errors";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { sendObjects } from "#server/dicomweb/send-objects.ts";
import { openQuarantined } from "#server/domain/imaging/index.ts";

export const quarantinedFilePath = /^\/api\/quarantine\/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/;

/**
 * Answers `GET /api/quarantine/{instanceId}`: one version of an image that came in more than one, as the Part 10 file it is
 * kept as. DICOMweb serves the one version that counts; this is for who decides which.
 *
 * @throws {DomainError} `auth.required`, `instance.not-found`, `storage.corrupt`
 */
export async function quarantinedFile(req: IncomingMessage, res: ServerResponse, path: string): Promise<void> {
  const instanceId = quarantinedFilePath.exec(path)?.[1];
  if (!instanceId) throw new DomainError("instance.not-found");
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  const version = await withTenant(actor, (ctx) => openQuarantined(ctx, { instanceId }));
  const begin = () =>
    res.writeHead(200, {
      "content-type": "application/dicom",
      "content-length": version.sizeBytes,
      // No name of anybody in a file name.
      "content-disposition": `attachment; filename="version-${version.dataSetSha256.slice(0, 12)}.dcm"`,
      "cache-control": "private, no-store",
    });
  const stillMay = async () => (await actorFromRequest(req, { touch: false })) !== null;
  await sendObjects(res, [version], { begin, stillMay });
}

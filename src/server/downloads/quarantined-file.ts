import { DomainError } from "@overread/shared/errors";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { openQuarantined } from "#server/domain/imaging/index.ts";
import type { Exchange } from "#server/http/protocol.ts";
import { sendObjects } from "#server/object-answers/send-objects.ts";

/**
 * Answers `GET /api/quarantine/{instanceId}`: one version of an image that arrived in several, as the stored Part 10
 * file. DICOMweb serves only the released version; this is for deciding between them.
 *
 * @throws {DomainError} `auth.required`, `instance.not-found`, `storage.corrupt`
 */
export async function quarantinedFile({ req, res, requestId }: Exchange, instanceId: string): Promise<void> {
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  const version = await withTenant(actor, (ctx) => openQuarantined(ctx, { instanceId }), { requestId });
  const begin = () =>
    res.writeHead(200, {
      "content-type": "application/dicom",
      "content-length": version.sizeBytes,
      // No patient name in a file name.
      "content-disposition": `attachment; filename="version-${version.dataSetSha256.slice(0, 12)}.dcm"`,
      "cache-control": "private, no-store",
    });
  const stillMay = async () => (await actorFromRequest(req, { touch: false })) !== null;
  await sendObjects(res, [version], { begin, stillMay });
}

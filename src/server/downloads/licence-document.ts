import { DomainError } from "@overread/shared/errors";
import { assertWholeBytes } from "#server/archive/index.ts";
import { actorFromRequest } from "#server/auth/actor-from-request.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { openLicenceDocument } from "#server/domain/readers/index.ts";
import type { Exchange } from "#server/http/protocol.ts";
import { objectStore } from "#server/storage/open-store.ts";

const endings: Readonly<Record<string, string>> = { "application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png" };

/**
 * Answers `GET /api/licence-documents/{documentId}`: a document of a licence, exactly as it was uploaded or not at all, as a file to save.
 *
 * @throws {DomainError} `auth.required`, `resource.not-found`, `storage.corrupt`
 */
export async function licenceDocument({ req, res, requestId }: Exchange, documentId: string): Promise<void> {
  const actor = await actorFromRequest(req);
  if (!actor) throw new DomainError("auth.required");
  if (actor.kind !== "user") throw new DomainError("resource.not-found");
  const { objectKey, sha256, mediaType } = await withTenant(
    actor,
    (ctx) => openLicenceDocument({ ...ctx, actor }, { documentId }),
    {
      requestId,
    },
  );
  const bytes = await objectStore().readWhole(objectKey);
  assertWholeBytes(bytes, { objectKey, dataSetOffset: 0, dataSetSha256: sha256 });
  res.writeHead(200, {
    "content-type": mediaType,
    "content-length": bytes.length,
    "content-disposition": `attachment; filename="licence-${documentId.slice(0, 8)}.${endings[mediaType] ?? "bin"}"`,
    "cache-control": "private, no-store",
  });
  res.end(req.method === "HEAD" ? undefined : bytes);
}

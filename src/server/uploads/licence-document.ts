import { createHash } from "node:crypto";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { licenceForDocument, recordLicenceDocument } from "#server/domain/readers/index.ts";
import type { Exchange } from "#server/http/protocol.ts";
import { licenceDocumentKey } from "#server/storage/keys.ts";
import { objectStore } from "#server/storage/open-store.ts";
import { checkDocument } from "./check-document.ts";
import { receiveDocument } from "./receive-document.ts";
import { answer } from "./signed-in.ts";

/**
 * Answers `POST /api/licences/{licenceId}/documents`: the document of a licence, kept as it was sent. It is durable before it is recorded.
 *
 * @throws {DomainError} `document.refused`, `resource.not-found`, `auth.*`, `storage.*`
 */
export async function licenceDocument(exchange: Exchange, actor: UserActor, licenceId: string): Promise<void> {
  const { req, requestId } = exchange;
  await withTenant(actor, (ctx) => licenceForDocument(ctx, { licenceId }), { requestId });
  const bytes = await receiveDocument(exchange);
  if (!bytes) return;
  const { mediaType } = await checkDocument(bytes, req.headers["content-type"]);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const objectKey = licenceDocumentKey(actor.orgId, sha256);
  const store = objectStore();
  await store.ensureRoom(bytes.length);
  // Under its hash there is either nothing or this: written again, it is whole again.
  await store.put(objectKey, bytes);
  const recorded = await withTenant(
    actor,
    (ctx) => recordLicenceDocument(ctx, { licenceId, mediaType, sizeBytes: bytes.length, sha256, objectKey }),
    { requestId },
  );
  answer(exchange, recorded);
}

import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { announceReaders } from "./announce.ts";
import type { OfLicence } from "./inputs.ts";
import { readerPolicy } from "./policy.ts";

type LicenceFile = { mediaType: string; sizeBytes: number; sha256: string; objectKey: string };

/** Of one licence. */
const mostDocuments = 50;

/** Who may add documents to a licence: the lead. @throws {DomainError} `auth.forbidden`, `resource.not-found`, `document.refused` (too many) */
export async function licenceForDocument(
  { actor, tx }: Ctx<UserActor>,
  { licenceId }: OfLicence,
): Promise<{ userId: string }> {
  readerPolicy.authorize(actor, "reader.manage", null);
  const licence = await tx.readerLicence.findFirst({
    where: { id: licenceId, orgId: actor.orgId, removedAt: null },
    select: { userId: true },
  });
  if (!licence) throw new DomainError("resource.not-found");
  if ((await tx.licenceDocument.count({ where: { licenceId } })) >= mostDocuments)
    throw new DomainError("document.refused", { details: { reason: "too-many" } });
  return licence;
}

/**
 * Records a document that is in the object store. The same bytes once more are the same document; nothing replaces one.
 * @throws {DomainError} `auth.forbidden`, `resource.not-found`
 */
export async function recordLicenceDocument(
  ctx: Ctx<UserActor>,
  { licenceId, ...file }: OfLicence & LicenceFile,
): Promise<{ documentId: string }> {
  const { userId } = await licenceForDocument(ctx, { licenceId });
  const known = await ctx.tx.licenceDocument.findUnique({
    where: { licenceId_sha256: { licenceId, sha256: file.sha256 } },
  });
  if (known) return { documentId: known.id };
  const { id: documentId } = await ctx.tx.licenceDocument.create({
    data: { ...file, licenceId, orgId: ctx.actor.orgId, byId: ctx.actor.userId },
    select: { id: true },
  });
  await audit(ctx, { action: "reader.credential", details: { userId, licenceId, documentId, act: "document" } });
  await announceReaders(ctx);
  return { documentId };
}

/**
 * A document of a licence, for the lead and for the reader whose licence it is. Opening it is on the audit trail.
 * @throws {DomainError} `resource.not-found` (also for anybody else)
 */
export async function openLicenceDocument(
  ctx: Ctx<UserActor>,
  { documentId }: { documentId: string },
): Promise<LicenceFile> {
  const { actor, tx } = ctx;
  const document = await tx.licenceDocument.findFirst({ where: { id: documentId, orgId: actor.orgId } });
  const licence =
    document &&
    (await tx.readerLicence.findFirst({
      where: { id: document.licenceId, orgId: actor.orgId },
      select: { userId: true },
    }));
  const may =
    licence &&
    (readerPolicy.can(actor, "reader.manage", null) ||
      (licence.userId === actor.userId && readerPolicy.can(actor, "reader.own", null)));
  if (!may) throw new DomainError("resource.not-found");
  const { licenceId, mediaType, sizeBytes, sha256, objectKey } = document;
  await audit(ctx, { action: "reader.read-credential", details: { userId: licence.userId, licenceId, documentId } });
  return { mediaType, sizeBytes, sha256, objectKey };
}

import type { SqlCtx } from "#server/context.ts";

/** The `source` of an instance that is a document of ours. */
export const documentSource = "report";
/** The `source` of a document that the site's technologist added at the portal. */
export const siteDocumentSource = "site";
/** What the portal added to a study: it is none of the images that were announced, and a study is not known by it. */
export const addedSources: readonly string[] = [documentSource, siteDocumentSource];

/**
 * The document of ours that the archive holds under a SOP Instance UID.
 *
 * @param ctx in the hospital's tenant.
 * @returns its key and the SHA-256 of its data set (lower-case hex); null when it is not stored, and when the UID
 * belongs to an image.
 */
export async function findOwnDocument(
  { actor, tx }: Pick<SqlCtx, "actor" | "tx">,
  { sopInstanceUid, source = documentSource }: { sopInstanceUid: string; source?: string },
): Promise<{ instanceId: string; sha256: string } | null> {
  const [known] = await tx.$queryRaw<{ instanceId: string; sha256: string }[]>`
    SELECT id::text AS "instanceId", data_set_sha256 AS sha256 FROM instance
    WHERE org_id = ${actor.orgId}::uuid AND sop_instance_uid = ${sopInstanceUid} AND status = 'stored' AND source = ${source}`;
  return known ?? null;
}

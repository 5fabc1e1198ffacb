import type { Ctx } from "../context.ts";
import { imagingScope } from "./policy.ts";

export type Digest = { sopInstanceUid: string; dataSetSha256: string };

/**
 * Which of these versions the archive holds, stored or quarantined, byte for byte. A row exists only when its object
 * is durable, and one that a scrub found damaged is not held, so a sender may delete what is `held` (rule 5 of reliability.md §4).
 */
export async function confirmInstances(
  { actor, tx }: Ctx,
  digests: Digest[],
): Promise<{ held: Digest[]; missing: Digest[] }> {
  if (imagingScope(actor, "study.store", actor.orgId).kind === "none") return { held: [], missing: digests };
  const rows = await tx.$queryRaw<{ sop_instance_uid: string; data_set_sha256: string }[]>`
    SELECT sop_instance_uid, data_set_sha256 FROM instance WHERE org_id = ${actor.orgId}::uuid
      AND damaged_at IS NULL AND sop_instance_uid = ANY(${digests.map(({ sopInstanceUid }) => sopInstanceUid)}::text[])`;
  const known = new Set(rows.map((row) => `${row.sop_instance_uid} ${row.data_set_sha256}`));
  const isHeld = (digest: Digest): boolean => known.has(`${digest.sopInstanceUid} ${digest.dataSetSha256}`);
  return { held: digests.filter(isHeld), missing: digests.filter((digest) => !isHeld(digest)) };
}

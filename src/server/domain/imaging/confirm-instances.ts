import type { Ctx } from "../context.ts";
import { imagingScope } from "./policy.ts";

export type Digest = { sopInstanceUid: string; dataSetSha256: string };

/**
 * Which of these versions the archive holds, stored or quarantined, byte for byte. A row exists only when its object
 * is durable, and one that a scrub found damaged is not held, so a sender may delete what is `held` (rule 5 of reliability.md §4). An edge router hears of its
 * own facility's only.
 */
export async function confirmInstances(
  { actor, tx }: Ctx,
  digests: Digest[],
): Promise<{ held: Digest[]; missing: Digest[] }> {
  const scope = imagingScope(actor, "study.store", actor.orgId);
  if (scope.kind === "none") return { held: [], missing: digests };
  const facilityIds = scope.kind === "facilities" ? scope.facilityIds : null;
  const rows = await tx.$queryRaw<{ sop_instance_uid: string; data_set_sha256: string }[]>`
    SELECT i.sop_instance_uid, i.data_set_sha256 FROM instance i JOIN study s ON s.id = i.study_ref
    WHERE i.org_id = ${actor.orgId}::uuid AND i.damaged_at IS NULL
      AND i.sop_instance_uid = ANY(${digests.map(({ sopInstanceUid }) => sopInstanceUid)}::text[])
      AND (${facilityIds}::uuid[] IS NULL OR s.facility_id = ANY(${facilityIds}::uuid[]))`;
  const known = new Set(rows.map((row) => `${row.sop_instance_uid} ${row.data_set_sha256}`));
  const isHeld = (digest: Digest): boolean => known.has(`${digest.sopInstanceUid} ${digest.dataSetSha256}`);
  return { held: digests.filter(isHeld), missing: digests.filter((digest) => !isHeld(digest)) };
}

import type { Ctx } from "#server/context.ts";
import { imagingScope } from "./policy.ts";

export type Digest = { sopInstanceUid: string; dataSetSha256: string; transferSyntaxUid?: string | undefined };

/**
 * Which of these versions the archive holds, stored or quarantined, byte for byte and in the same transfer syntax. A
 * row exists only when its object is durable, and a damaged object counts as not held, so a sender may delete what is
 * `held`. An edge router gets answers about its own facility only.
 */
export async function confirmInstances(
  { actor, tx }: Ctx,
  digests: Digest[],
): Promise<{ held: Digest[]; missing: Digest[] }> {
  const scope = imagingScope(actor, "study.store", actor.orgId);
  if (scope.kind === "none") return { held: [], missing: digests };
  const facilityIds = scope.kind === "facilities" ? scope.facilityIds : null;
  const rows = await tx.$queryRaw<{ uid: string; sha256: string; syntax: string }[]>`
    SELECT i.sop_instance_uid AS uid, i.data_set_sha256 AS sha256, i.transfer_syntax_uid AS syntax FROM instance i JOIN study s ON s.id = i.study_ref
    WHERE i.org_id = ${actor.orgId}::uuid AND i.damaged_at IS NULL
      AND i.sop_instance_uid = ANY(${digests.map(({ sopInstanceUid }) => sopInstanceUid)}::text[])
      AND (${facilityIds}::uuid[] IS NULL OR s.facility_id = ANY(${facilityIds}::uuid[]))`;
  const known = new Set(rows.flatMap(({ uid, sha256, syntax }) => [`${uid} ${sha256}`, `${uid} ${sha256} ${syntax}`]));
  const isHeld = ({ sopInstanceUid, dataSetSha256, transferSyntaxUid: syntax }: Digest): boolean =>
    known.has(`${sopInstanceUid} ${dataSetSha256}${syntax === undefined ? "" : ` ${syntax}`}`);
  return { held: digests.filter(isHeld), missing: digests.filter((digest) => !isHeld(digest)) };
}

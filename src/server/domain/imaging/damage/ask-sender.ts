import type { InstanceDigest } from "@overread/shared/edge-contract/v1";
import type { Ctx } from "#server/context.ts";

/**
 * Damaged images that came from a facility's edge routers and should be requested from them: each at most once an hour,
 * since an edge keeps what it has sent for a while.
 */
export async function askSender(
  { tx }: Pick<Ctx, "tx">,
  { facilityId }: { facilityId: string },
): Promise<InstanceDigest[]> {
  return tx.$queryRaw<InstanceDigest[]>`
    UPDATE damaged_object d SET sender_asked_at = now() FROM instance i
    WHERE i.id = d.instance_id AND d.id IN (
      SELECT o.id FROM damaged_object o JOIN instance n ON n.id = o.instance_id JOIN study s ON s.id = o.study_ref
      WHERE o.healed_at IS NULL AND n.source = 'edge' AND s.facility_id = ${facilityId}::uuid
        AND (o.sender_asked_at IS NULL OR o.sender_asked_at < now() - interval '1 hour')
      ORDER BY o.sender_asked_at NULLS FIRST, o.found_at LIMIT 100)
    RETURNING i.sop_instance_uid AS "sopInstanceUid", i.data_set_sha256 AS "dataSetSha256", i.transfer_syntax_uid AS "transferSyntaxUid"`;
}

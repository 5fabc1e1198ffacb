import type { Heartbeat, HeartbeatResponse, InstanceDigest } from "@overread/shared/edge-contract/v1";
import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { authorizeEdge } from "./policy.ts";

/** Keeps what an edge router says about itself, and tells it which version of its settings is current. */
export async function recordHeartbeat({ actor, tx, now }: Ctx, beat: Heartbeat): Promise<HeartbeatResponse> {
  const edge = authorizeEdge(actor);
  const [row] = await tx.$queryRaw<{ configVersion: number }[]>`
    UPDATE edge_router e SET heartbeat = ${JSON.stringify(beat)}::jsonb, last_heartbeat_at = now(), software_version = ${beat.softwareVersion}
    FROM facility f WHERE e.id = ${edge.edgeId}::uuid AND e.org_id = ${edge.orgId}::uuid AND e.revoked_at IS NULL AND f.id = e.facility_id
    RETURNING f.config_version AS "configVersion"`;
  if (!row) throw new DomainError("edge.revoked");
  await publish(tx, { topic: "edge.changed", orgIds: [edge.orgId], edgeId: edge.edgeId });
  const resend = await damagedOf({ tx }, edge.facilityId);
  return { now: now.toISOString(), configVersion: row.configVersion, ...(resend.length > 0 ? { resend } : {}) };
}

/** Damaged images that came from this facility's edge routers, each asked for once an hour: an edge keeps for a while what it has sent. */
async function damagedOf({ tx }: Pick<Ctx, "tx">, facilityId: string): Promise<InstanceDigest[]> {
  return tx.$queryRaw<InstanceDigest[]>`
    UPDATE damaged_object d SET sender_asked_at = now() FROM instance i
    WHERE i.id = d.instance_id AND d.id IN (
      SELECT o.id FROM damaged_object o JOIN instance n ON n.id = o.instance_id JOIN study s ON s.id = o.study_ref
      WHERE o.healed_at IS NULL AND n.source = 'edge' AND s.facility_id = ${facilityId}::uuid
        AND (o.sender_asked_at IS NULL OR o.sender_asked_at < now() - interval '1 hour')
      ORDER BY o.sender_asked_at NULLS FIRST, o.found_at LIMIT 100)
    RETURNING i.sop_instance_uid AS "sopInstanceUid", i.data_set_sha256 AS "dataSetSha256", i.transfer_syntax_uid AS "transferSyntaxUid"`;
}

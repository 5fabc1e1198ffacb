import type { Heartbeat, HeartbeatResponse } from "@overread/shared/edge-contract/v1";
import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { askSender } from "../imaging/index.ts";
import { authorizeEdge } from "./policy.ts";

/** Stores an edge router's heartbeat, and answers with the current version of its settings. */
export async function recordHeartbeat({ actor, tx, now }: Ctx, beat: Heartbeat): Promise<HeartbeatResponse> {
  const edge = authorizeEdge(actor);
  const [row] = await tx.$queryRaw<{ configVersion: number }[]>`
    UPDATE edge_router e SET heartbeat = ${JSON.stringify(beat)}::jsonb, last_heartbeat_at = now(), software_version = ${beat.softwareVersion}
    FROM facility f WHERE e.id = ${edge.edgeId}::uuid AND e.org_id = ${edge.orgId}::uuid AND e.revoked_at IS NULL AND f.id = e.facility_id
    RETURNING f.config_version AS "configVersion"`;
  if (!row) throw new DomainError("edge.revoked");
  await publish(tx, { topic: "edge.changed", orgIds: [edge.orgId], edgeId: edge.edgeId });
  const resend = await askSender({ tx }, edge);
  return { now: now.toISOString(), configVersion: row.configVersion, ...(resend.length > 0 ? { resend } : {}) };
}

import { Heartbeat } from "@overread/shared/edge-contract/v1";
import type { Ctx } from "#server/context.ts";
import { heartbeatSeconds } from "./edge-config.ts";
import { edgePolicy } from "./policy.ts";

export type EdgeListItem = {
  edgeId: string;
  name: string;
  facility: { slug: string; name: string };
  online: boolean;
  lastHeartbeatAt: Date | null;
  queue: { instances: number; bytes: number; oldestReceivedAt: string | null } | null;
  disk: { freeBytes: number; totalBytes: number } | null;
  /** Objects refused permanently; the newest are listed. */
  refused: {
    count: number;
    items: {
      sopInstanceUid: string;
      studyInstanceUid: string;
      reason: string;
      callingAeTitle: string;
      receivedAt: Date;
    }[];
  };
  returns: { waiting: number; lastError: string | null } | null;
  /** Offset of the edge's clock from the portal's at the last heartbeat; positive: the edge is ahead. */
  clockSkewSeconds: number | null;
  lastStudyAt: Date | null;
  softwareVersion: string;
  enrolledAt: Date;
  revokedAt: Date | null;
};

/** The edge routers a site administrator is responsible for; revoked ones last. */
export async function listEdges({ actor, tx, now }: Ctx): Promise<EdgeListItem[]> {
  edgePolicy.authorize(actor, "edge.manage", null);
  const facilities = new Map(
    (await tx.facility.findMany({ where: { orgId: actor.orgId } }))
      .filter(({ id, orgId }) => edgePolicy.can(actor, "edge.manage", { orgId, facilityId: id }))
      .map((facility) => [facility.id, facility]),
  );
  const edges = await tx.edgeRouter.findMany({
    where: { orgId: actor.orgId, facilityId: { in: [...facilities.keys()] } },
    orderBy: [{ revokedAt: { sort: "asc", nulls: "first" } }, { enrolledAt: "desc" }],
  });
  const refused = await tx.refusedObject.findMany({
    where: { edgeId: { in: edges.map(({ id }) => id) } },
    orderBy: { receivedAt: "desc" },
    take: 500,
  });
  return edges.map((edge) => {
    const here = refused.filter(({ edgeId }) => edgeId === edge.id);
    const facility = facilities.get(edge.facilityId)!;
    const beat = Heartbeat.safeParse(edge.heartbeat).data;
    const silentMs = edge.lastHeartbeatAt ? now.getTime() - edge.lastHeartbeatAt.getTime() : Number.POSITIVE_INFINITY;
    return {
      edgeId: edge.id,
      name: edge.name,
      facility: { slug: facility.slug, name: facility.name },
      // Three missed heartbeats: one may be lost on the way, three are not.
      online: !edge.revokedAt && silentMs < 3 * heartbeatSeconds * 1000,
      lastHeartbeatAt: edge.lastHeartbeatAt,
      queue: beat?.queue ?? null,
      disk: beat?.disk ?? null,
      refused: {
        count: Math.max(beat?.refused ?? 0, here.length),
        items: here.slice(0, 50).map(({ sopInstanceUid, studyInstanceUid, reason, callingAeTitle, receivedAt }) => ({
          sopInstanceUid,
          studyInstanceUid,
          reason,
          callingAeTitle,
          receivedAt,
        })),
      },
      returns: beat?.returns ?? null,
      clockSkewSeconds:
        beat && edge.lastHeartbeatAt
          ? Math.round((new Date(beat.at).getTime() - edge.lastHeartbeatAt.getTime()) / 1000)
          : null,
      lastStudyAt: edge.lastStudyAt,
      softwareVersion: edge.softwareVersion,
      enrolledAt: edge.enrolledAt,
      revokedAt: edge.revokedAt,
    };
  });
}

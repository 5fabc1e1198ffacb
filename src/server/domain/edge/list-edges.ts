import { Heartbeat } from "@overread/shared/edge-contract/v1";
import type { Ctx } from "../context.ts";
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
  returns: { waiting: number; lastError: string | null } | null;
  /** The edge's clock against the portal's when it last spoke; positive: the edge is ahead. */
  clockSkewSeconds: number | null;
  lastStudyAt: Date | null;
  softwareVersion: string;
  enrolledAt: Date;
  revokedAt: Date | null;
};

/** The edge routers a site administrator looks after, those in trouble included, revoked ones last. */
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
  return edges.map((edge) => {
    const facility = facilities.get(edge.facilityId)!;
    const beat = Heartbeat.safeParse(edge.heartbeat).data;
    const silentMs = edge.lastHeartbeatAt ? now.getTime() - edge.lastHeartbeatAt.getTime() : Number.POSITIVE_INFINITY;
    return {
      edgeId: edge.id,
      name: edge.name,
      facility: { slug: facility.slug, name: facility.name },
      // Three beats missed: one may be lost on the way, three are not.
      online: !edge.revokedAt && silentMs < 3 * heartbeatSeconds * 1000,
      lastHeartbeatAt: edge.lastHeartbeatAt,
      queue: beat?.queue ?? null,
      disk: beat?.disk ?? null,
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

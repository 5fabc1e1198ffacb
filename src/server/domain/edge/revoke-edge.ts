import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { edgePolicy } from "./policy.ts";

/**
 * Revokes an edge router: its tokens end now, and its key gets no new ones. What it has delivered stays. Idempotent.
 *
 * @throws {DomainError} `auth.forbidden`, `edge.not-found` (also for one that is not the caller's)
 */
export async function revokeEdge(ctx: Ctx, { edgeId }: { edgeId: string }): Promise<void> {
  const { actor, tx } = ctx;
  edgePolicy.authorize(actor, "edge.manage", null);
  const edge = await tx.edgeRouter.findUnique({ where: { id: edgeId } });
  if (!edge) throw new DomainError("edge.not-found");
  edgePolicy.authorize(actor, "edge.manage", edge);
  if (edge.revokedAt) return;
  // Its tokens end with it: none is valid without an active edge router (auth/api-token.ts).
  await tx.$executeRaw`UPDATE edge_router SET revoked_at = now() WHERE id = ${edgeId}::uuid`;
  await audit(ctx, { action: "edge.revoke", details: { edgeId, facilityId: edge.facilityId } });
  await publish(tx, { topic: "edge.changed", orgIds: [edge.orgId], edgeId });
}

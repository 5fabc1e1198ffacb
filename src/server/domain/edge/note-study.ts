import type { Ctx } from "#server/context.ts";
import { authorizeEdge } from "./policy.ts";

/** Records on the edge router's row that it has just sent a study. */
export async function noteStudy({ actor, tx }: Ctx): Promise<void> {
  const edge = authorizeEdge(actor);
  await tx.$executeRaw`UPDATE edge_router SET last_study_at = now() WHERE id = ${edge.edgeId}::uuid`;
}

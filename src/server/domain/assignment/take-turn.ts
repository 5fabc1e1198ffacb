import type { Ctx, UserActor } from "#server/context.ts";

/**
 * One at a time for each person, until the transaction ends: what he takes in another window counts towards his caps before the next is asked
 * for. Nobody waits for a colleague. For who has a cap: others would hold connections of the process while they wait.
 */
export async function takeTurn({ actor, tx }: Pick<Ctx<UserActor>, "actor" | "tx">): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`take ${actor.userId}`}, 0))::text`;
}

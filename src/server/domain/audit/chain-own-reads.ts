import type { SqlCtx } from "#server/context.ts";

/** More than any process can read in the half second between two batches of the writer. */
const most = 5_000;

/**
 * Gives the waiting reads of the caller's organisation their places in its chain. In a transaction of its own: it locks
 * the chain until commit, and a search must not block the acts of the whole organisation.
 */
export async function chainOwnReads({ actor, tx }: Pick<SqlCtx, "actor" | "tx">): Promise<void> {
  await tx.$queryRaw`SELECT audit_chain_reads(${actor.orgId}::uuid, ${most}::int)`;
}

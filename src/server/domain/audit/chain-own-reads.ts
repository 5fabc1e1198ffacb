import type { SqlCtx } from "#server/context.ts";

/** More than any process can read in the half second that the writer leaves between two batches. */
const most = 5_000;

/**
 * Gives the reads of the caller's organisation that wait their places in its chain. In a transaction of its own: it holds the chain
 * until it commits, and no search should hold up the acts of a whole organisation.
 */
export async function chainOwnReads({ actor, tx }: Pick<SqlCtx, "actor" | "tx">): Promise<void> {
  await tx.$queryRaw`SELECT audit_chain_reads(${actor.orgId}::uuid, ${most}::int)`;
}

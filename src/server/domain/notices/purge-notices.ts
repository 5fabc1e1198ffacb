import type { Tx } from "#server/context.ts";

/** Deletes notices that nobody looks at any more; what happened to a case stays on the trail. For maintenance. */
export async function purgeNotices(tx: Pick<Tx, "$executeRaw">): Promise<number> {
  await tx.$executeRaw`DELETE FROM notice_delivery WHERE created_at < now() - interval '90 days'`;
  return tx.$executeRaw`DELETE FROM notice WHERE at < now() - interval '90 days'`;
}

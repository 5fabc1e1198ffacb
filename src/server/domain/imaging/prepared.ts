import type { SqlCtx } from "#server/context.ts";

/**
 * Records that what a viewer asks first of a study lies ready: for the worklist, and so that it is not made again. Known as
 * ready until another image comes, or until it may have been cleared away (`isPrepared`).
 *
 * @param at when the making began: an image that came meanwhile is not in it.
 */
export async function notePrepared(
  { tx, actor }: SqlCtx,
  { studyId, at }: { studyId: string; at: Date },
): Promise<void> {
  await tx.$executeRaw`UPDATE study SET prepared_at = ${at}::timestamptz WHERE id = ${studyId}::uuid AND org_id = ${actor.orgId}::uuid`;
}

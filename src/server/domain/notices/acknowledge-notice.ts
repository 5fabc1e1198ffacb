import { isSeenForAll, type NoticeKind } from "@overread/shared/notices";
import { z } from "zod";
import type { Ctx, UserActor } from "#server/context.ts";
import { announceNotices } from "./notify.ts";

export const OfNotice = z.object({ noticeId: z.uuid() });
export type OfNotice = z.output<typeof OfNotice>;

/** What was acknowledged, for the module that told of it. */
export type Acknowledged = { kind: string; caseId: string | null; matter: string };

/**
 * The caller has seen a notice of their own. Of a kind that one sees for all, nobody else who was told of it is alarmed any more. Idempotent: a
 * notice that is acknowledged already, or somebody else's, changes nothing.
 *
 * @returns null: nothing was acknowledged.
 */
export async function acknowledgeNotice(
  { actor, tx }: Ctx<UserActor>,
  { noticeId }: OfNotice,
): Promise<Acknowledged | null> {
  const [own] = await tx.$queryRaw<Acknowledged[]>`
    SELECT kind, case_id::text AS "caseId", matter FROM notice
    WHERE id = ${noticeId}::uuid AND user_id = ${actor.userId}::uuid AND acknowledged_at IS NULL`;
  if (!own) return null;
  // Locked in a fixed order, so that two who acknowledge together do not wait for each other.
  const seen = await tx.$executeRaw`
    UPDATE notice SET acknowledged_at = clock_timestamp(), acknowledged_by_id = ${actor.userId}::uuid
    WHERE acknowledged_at IS NULL AND id IN (
      SELECT n.id FROM notice n WHERE n.org_id = ${actor.orgId}::uuid AND n.matter = ${own.matter}
        AND (n.user_id = ${actor.userId}::uuid OR ${isSeenForAll(own.kind as NoticeKind)}::boolean)
      ORDER BY n.id FOR UPDATE)`;
  if (seen === 0) return null;
  await announceNotices(tx, actor.orgId);
  return own;
}

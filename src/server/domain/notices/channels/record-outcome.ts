import type { Ctx, SqlTx } from "#server/context.ts";
import { noticePolicy } from "../policy.ts";
import { planSending } from "./record-deliveries.ts";

/** `final`: the receiver will never take it. `gone`: the browser is not told any more. */
export type NoticeOutcome = "sent" | { failure: string; final: boolean; gone?: boolean };

/** Attempts of one delivery, with pauses of 15 s, 30 s, … up to an hour: half a day. */
const mostAttempts = 20;

/** Notices in a row that are given up, before a browser is told no more. */
const mostFailures = 5;

/** Notes what came of an attempt, and plans the next. */
export async function recordNoticeOutcome(
  { actor, tx }: Pick<Ctx, "actor" | "tx">,
  { deliveryId, outcome }: { deliveryId: string; outcome: NoticeOutcome },
): Promise<void> {
  noticePolicy.authorize(actor, "notice.send", { orgId: actor.orgId });
  if (outcome === "sent") {
    await tx.$executeRaw`UPDATE notice_delivery SET state = 'sent', settled_at = clock_timestamp(), last_failure = NULL
      WHERE id = ${deliveryId}::uuid AND state = 'waiting'`;
    await tx.$executeRaw`UPDATE notice_push p SET failures = 0 FROM notice_delivery d WHERE d.id = ${deliveryId}::uuid AND p.id = d.push_id AND p.failures > 0`;
    return;
  }
  if (outcome.gone)
    await tx.$executeRaw`DELETE FROM notice_push p USING notice_delivery d WHERE d.id = ${deliveryId}::uuid AND p.id = d.push_id`;
  const [row] = await tx.$queryRaw<{ state: string; at: Date }[]>`
    UPDATE notice_delivery SET last_failure = ${outcome.failure},
      state = CASE WHEN ${outcome.final}::boolean OR attempts >= ${mostAttempts}::int THEN 'failed' ELSE 'waiting' END,
      settled_at = CASE WHEN ${outcome.final}::boolean OR attempts >= ${mostAttempts}::int THEN clock_timestamp() END,
      next_attempt_at = clock_timestamp() + least(3600, 15 * power(2, least(greatest(attempts, 1) - 1, 10))) * interval '1 second'
    WHERE id = ${deliveryId}::uuid AND state = 'waiting' RETURNING state, next_attempt_at AS at`;
  if (row?.state === "failed") await countFailure(tx, deliveryId);
  if (row?.state === "waiting") await planSending(tx, actor.orgId, [{ id: deliveryId, at: row.at }]);
}

/** A browser whose service does not take what is sent there (it may know another portal under that address) is told no more after a few. */
async function countFailure(tx: SqlTx, deliveryId: string): Promise<void> {
  await tx.$executeRaw`UPDATE notice_push p SET failures = p.failures + 1 FROM notice_delivery d WHERE d.id = ${deliveryId}::uuid AND p.id = d.push_id`;
  await tx.$executeRaw`
    DELETE FROM notice_push p USING notice_delivery d WHERE d.id = ${deliveryId}::uuid AND p.id = d.push_id AND p.failures >= ${mostFailures}::int`;
}

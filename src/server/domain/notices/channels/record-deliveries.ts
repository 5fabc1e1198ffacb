import type { SqlTx } from "#server/context.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";

type Told = {
  orgId: string;
  userIds: readonly string[];
  kind: string;
  params: unknown;
  caseId: string | null;
  matter: string;
};

/**
 * Has people who were told something told by mail and in their browsers as well, where they want it: at once, or when their quiet hours end.
 * The organisation's webhook hears of it once. Each is a row, and a job that sends it.
 */
export async function recordNoticeDeliveries(
  tx: SqlTx,
  { orgId, userIds, kind, params, caseId, matter }: Told,
): Promise<void> {
  const rows = await tx.$queryRaw<{ id: string; at: Date }[]>`
    INSERT INTO notice_delivery (org_id, channel, user_id, push_id, kind, params, case_id, matter, next_attempt_at)
    SELECT m.org_id, 'mail', m.user_id, NULL::uuid, ${kind}, ${JSON.stringify(params)}::jsonb, ${caseId}::uuid, ${matter},
      quiet_end(clock_timestamp(), m.time_zone, m.quiet_from, m.quiet_until)
    FROM notice_mail m WHERE m.org_id = ${orgId}::uuid AND m.user_id = ANY(${userIds}::uuid[]) AND m.verified_at IS NOT NULL
    UNION ALL
    SELECT p.org_id, 'push', p.user_id, p.id, ${kind}, ${JSON.stringify(params)}::jsonb, ${caseId}::uuid, ${matter},
      quiet_end(clock_timestamp(), coalesce(m.time_zone, 'UTC'), m.quiet_from, m.quiet_until)
    FROM notice_push p LEFT JOIN notice_mail m ON m.user_id = p.user_id WHERE p.org_id = ${orgId}::uuid AND p.user_id = ANY(${userIds}::uuid[])
    UNION ALL
    SELECT w.org_id, 'webhook', NULL, NULL, ${kind}, ${JSON.stringify(params)}::jsonb, ${caseId}::uuid, ${matter}, clock_timestamp()
    FROM notice_webhook w WHERE w.org_id = ${orgId}::uuid AND w.enabled
    ON CONFLICT (org_id, channel, user_id, push_id, matter) DO NOTHING
    RETURNING id::text, next_attempt_at AS at`;
  await planSending(tx, orgId, rows);
}

/** The jobs that send these deliveries. */
export async function planSending(tx: SqlTx, orgId: string, rows: { id: string; at: Date }[]): Promise<void> {
  await enqueueAll(
    tx,
    "notice.send",
    rows.map(({ id: deliveryId, at }) => ({ payload: { orgId, deliveryId }, runAt: at })),
  );
}

import type { SqlTx } from "#server/context.ts";
import { type JobName, jobs, type Payload } from "./catalog.ts";

/**
 * Writes a job into the outbox, in the transaction that causes it: the job exists if and only if that transaction
 * commits. The worker's relay passes it to BullMQ; Redis may be lost at any time.
 *
 * @param runAt not before this time.
 */
export async function enqueue<N extends JobName>(tx: SqlTx, name: N, payload: Payload<N>, runAt?: Date): Promise<void> {
  await enqueueAll(tx, name, [{ payload, ...(runAt ? { runAt } : {}) }]);
}

/** The same for several of one name, in one statement. */
export async function enqueueAll<N extends JobName>(
  tx: SqlTx,
  name: N,
  intents: { payload: Payload<N>; runAt?: Date }[],
): Promise<void> {
  if (intents.length === 0) return;
  const definition = jobs[name] as unknown as {
    payload: { parse(p: unknown): Payload<N> };
    collapse?: (p: Payload<N>) => string;
  };
  const rows = intents.map(({ payload, runAt }) => {
    const parsed = definition.payload.parse(payload);
    return { org: parsed.orgId, payload: parsed, key: definition.collapse?.(parsed) ?? null, at: runAt ?? null };
  });
  await tx.$executeRaw`INSERT INTO outbox_job (org_id, name, payload, collapse_key, run_at)
    SELECT r.org, ${name}, r.payload, r.key, coalesce(r.at, now())
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r (org uuid, payload jsonb, key text, at timestamptz)`;
}

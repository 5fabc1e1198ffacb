import type { SqlTx } from "#server/context.ts";
import { type JobName, jobs, type Payload } from "./catalog.ts";

/**
 * Writes a job intent into the outbox, in the transaction that causes it: the job exists if and only if the act was
 * committed. The relay (run by the worker) carries it to BullMQ; Redis may be lost at any time.
 *
 * @param runAt not before this time.
 */
export async function enqueue<N extends JobName>(tx: SqlTx, name: N, payload: Payload<N>, runAt?: Date): Promise<void> {
  const definition = jobs[name] as unknown as {
    payload: { parse(p: unknown): Payload<N> };
    collapse?: (p: Payload<N>) => string;
  };
  const parsed = definition.payload.parse(payload);
  const collapseKey = definition.collapse?.(parsed) ?? null;
  await tx.$executeRaw`INSERT INTO outbox_job (org_id, name, payload, collapse_key, run_at)
    VALUES (${parsed.orgId}::uuid, ${name}, ${JSON.stringify(parsed)}::jsonb, ${collapseKey}, coalesce(${runAt ?? null}::timestamptz, now()))`;
}

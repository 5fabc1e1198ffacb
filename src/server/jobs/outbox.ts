import type { SqlTx } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import type { JobName } from "./catalog.ts";

/**
 * The outbox as the relay and the worker use it: across tenants, under the maintenance role. Ids, names and times only.
 * All times are the database's.
 */
export type OutboxJob = { id: string; name: JobName; payload: unknown; collapseKey: string | null };

/** Statements are prepared once per connection, since each runs thousands of times. */
const query = <Row extends object>(name: string, text: string, values: unknown[] = []): Promise<Row[]> =>
  pool("overread_maintenance")
    .query<Row>({ name: `outbox-${name}`, text, values })
    .then((result) => result.rows);

const columns = `id, name, payload, collapse_key AS "collapseKey"`;
const open = "done_at IS NULL AND failed_at IS NULL";

/**
 * Takes up to `limit` due jobs that were not relayed yet, oldest first, for this caller only; other relays get other
 * jobs. If the caller dies, the sweep finds them; if it cannot relay them, it puts them back.
 */
export function takeDue(names: JobName[], limit: number): Promise<OutboxJob[]> {
  return query(
    "take-due",
    // Arrays force the planner, which misjudges how much is due, to use the index and the key.
    `WITH due AS MATERIALIZED (
       SELECT o.id FROM unnest($1::text[]) AS asked (name), LATERAL (
         SELECT j.id, j.run_at FROM outbox_job j
         WHERE j.name = asked.name AND j.done_at IS NULL AND j.failed_at IS NULL AND j.relayed_at IS NULL AND j.run_at <= now()
         ORDER BY j.run_at, j.id LIMIT $2) o
       ORDER BY o.run_at, o.id LIMIT $2
     ), taken AS MATERIALIZED (
       SELECT id FROM outbox_job WHERE id = ANY(ARRAY(SELECT id FROM due)) AND ${open} AND relayed_at IS NULL FOR UPDATE SKIP LOCKED
     )
     UPDATE outbox_job SET relayed_at = clock_timestamp() WHERE id = ANY(ARRAY(SELECT id FROM taken)) RETURNING ${columns}`,
    [names, limit],
  );
}

/** Relaying failed: the jobs are due as before. */
export async function putBack(ids: string[]): Promise<void> {
  await query("put-back", `UPDATE outbox_job SET relayed_at = NULL WHERE id = ANY($1::uuid[]) AND ${open}`, [ids]);
}

/** Milliseconds until the next job is due; null when none waits. */
export async function nextDueInMs(names: JobName[]): Promise<number | null> {
  const [row] = await query<{ ms: number | null }>(
    "next-due",
    `SELECT extract(epoch FROM min(next.run_at) - clock_timestamp())::float8 * 1000 AS ms
     FROM unnest($1::text[]) AS asked (name), LATERAL (
       SELECT o.run_at FROM outbox_job o
       WHERE o.name = asked.name AND o.done_at IS NULL AND o.failed_at IS NULL AND o.relayed_at IS NULL AND o.run_at > now()
       ORDER BY o.run_at LIMIT 1) next`,
    [names],
  );
  return row?.ms ?? null;
}

/** The database's clock, accurate to some milliseconds. */
export async function databaseTime(agoMs: number): Promise<Date> {
  const [row] = await query<{ at: Date }>(
    "time",
    "SELECT clock_timestamp() - make_interval(secs => $1::float8 / 1000) AS at",
    [agoMs],
  );
  return (row as { at: Date }).at;
}

/**
 * Jobs that were relayed before `before` and are not finished: some run, some wait, and some were lost with Redis.
 * Relaying one again that is still queued changes nothing. Marks them as relayed now.
 */
export function unfinishedJobs(before: Date, limit: number): Promise<OutboxJob[]> {
  return query(
    "unfinished",
    `UPDATE outbox_job SET relayed_at = clock_timestamp() WHERE id = ANY(ARRAY(
       SELECT id FROM outbox_job WHERE ${open} AND relayed_at IS NOT NULL AND relayed_at <= $1
       ORDER BY relayed_at, id LIMIT $2 FOR UPDATE SKIP LOCKED))
     RETURNING ${columns}`,
    [before, limit],
  );
}

/** The rows a run covers, and the number of earlier attempts. */
export type CoveredJobs = { ids: string[]; attempts: number };

/**
 * At the start of runs: the rows each one covers: its own and, where jobs collapse, every other due one with its name
 * and key. Only committed rows are seen, so the handlers will see what caused them.
 *
 * @returns by id; an id is missing when there is nothing to do: the job ran already, or was postponed.
 */
export async function coveredBy(ids: string[]): Promise<Map<string, CoveredJobs>> {
  const rows = await query<CoveredJobs & { id: string }>(
    "covered",
    `SELECT s.id, s.attempts, ARRAY(
         SELECT s.id UNION SELECT o.id FROM outbox_job o
         WHERE s.collapse_key IS NOT NULL AND o.collapse_key IS NOT NULL AND o.name = s.name AND o.collapse_key = s.collapse_key
           AND o.org_id = s.org_id AND o.done_at IS NULL AND o.failed_at IS NULL AND o.run_at <= clock_timestamp()) AS ids
     FROM outbox_job s
     WHERE s.id = ANY($1::uuid[]) AND s.done_at IS NULL AND s.failed_at IS NULL AND s.run_at <= clock_timestamp()`,
    [ids],
  );
  return new Map(rows.map(({ id, ...covered }) => [id, covered]));
}

export async function markDone(ids: string[]): Promise<void> {
  await query(
    "done",
    `UPDATE outbox_job SET done_at = clock_timestamp(), attempts = attempts + 1, last_error = NULL WHERE id = ANY($1::uuid[]) AND done_at IS NULL`,
    [ids],
  );
}

/** Retrying makes no sense: the rows stay for an operator. */
export async function markFailed(ids: string[], code: string): Promise<void> {
  await query(
    "failed",
    `UPDATE outbox_job SET failed_at = clock_timestamp(), attempts = attempts + 1, last_error = $2 WHERE id = ANY($1::uuid[]) AND ${open}`,
    [ids, code],
  );
}

/** Postpones a job; the relay passes it on again when it is due. */
export async function markForRetry(ids: string[], code: string, inMs: number): Promise<void> {
  await query(
    "retry",
    `UPDATE outbox_job SET run_at = clock_timestamp() + make_interval(secs => $3::float8 / 1000), relayed_at = NULL,
       attempts = attempts + 1, last_error = $2 WHERE id = ANY($1::uuid[]) AND ${open}`,
    [ids, code, inMs],
  );
}

/** @returns how many finished rows were older than `days` and were deleted. */
export async function purgeDone(days: number): Promise<number> {
  const rows = await query(
    "purge",
    "DELETE FROM outbox_job WHERE done_at < now() - make_interval(days => $1) RETURNING id",
    [days],
  );
  return rows.length;
}

/** Resets failed jobs and notifies the relay. @param id null: all. @returns those that will be retried. */
export async function retryFailed(
  tx: SqlTx,
  id: string | null,
): Promise<{ id: string; orgId: string; name: string }[]> {
  const again = await tx.$queryRaw<{ id: string; orgId: string; name: string }[]>`
    UPDATE outbox_job SET failed_at = NULL, relayed_at = NULL, attempts = 0, run_at = now()
    WHERE failed_at IS NOT NULL AND (${id}::uuid IS NULL OR id = ${id}::uuid) RETURNING id::text, org_id::text AS "orgId", name`;
  if (again.length > 0) await tx.$queryRaw`SELECT pg_notify('overread_outbox', '')::text`;
  return again;
}

import { pool } from "#server/db/clients.ts";
import type { JobName } from "./catalog.ts";

/**
 * The outbox as the relay and the worker see it: across tenants, under the maintenance role. Ids, names and times only.
 * All times are the database's: clocks of processes do not count.
 */
export type OutboxJob = { id: string; name: JobName; payload: unknown; collapseKey: string | null };

const query = <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
  pool("overread_maintenance")
    .query<Row>(sql, values)
    .then((result) => result.rows);

const columns = `id, name, payload, collapse_key AS "collapseKey"`;
const open = "done_at IS NULL AND failed_at IS NULL";

/** Jobs whose time has come and that nobody has carried yet, oldest first. */
export function dueJobs(limit: number): Promise<OutboxJob[]> {
  return query(
    `SELECT ${columns} FROM outbox_job WHERE ${open} AND relayed_at IS NULL AND run_at <= now() ORDER BY run_at, id LIMIT $1`,
    [limit],
  );
}

/** Milliseconds until the next job is due; null when none waits. */
export async function nextDueInMs(): Promise<number | null> {
  const [row] = await query<{ ms: number | null }>(
    `SELECT extract(epoch FROM min(run_at) - clock_timestamp())::float8 * 1000 AS ms FROM outbox_job WHERE ${open} AND relayed_at IS NULL`,
  );
  return row?.ms ?? null;
}

/**
 * Jobs that were carried to Redis and are not finished: some run, some wait, and some are gone because Redis lost
 * them. Carrying one again that is still there changes nothing.
 */
export function unfinishedJobs(relayedBeforeMs: number, limit: number): Promise<OutboxJob[]> {
  return query(
    `SELECT ${columns} FROM outbox_job WHERE ${open} AND relayed_at <= clock_timestamp() - make_interval(secs => $1::float8 / 1000)
     ORDER BY relayed_at, id LIMIT $2`,
    [relayedBeforeMs, limit],
  );
}

export async function markRelayed(ids: string[]): Promise<void> {
  await query(`UPDATE outbox_job SET relayed_at = clock_timestamp() WHERE id = ANY($1::uuid[]) AND ${open}`, [ids]);
}

/**
 * A run begins: which rows does it answer for? Its own and, where jobs collapse, every other of its kind and key that
 * is due. Only rows that are committed are seen, so the handler will see what caused them.
 *
 * @returns empty when there is nothing left to do: the job ran already, or was put off.
 */
export async function coveredBy(id: string): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `SELECT o.id FROM outbox_job s JOIN outbox_job o ON o.id = s.id
       OR (s.collapse_key IS NOT NULL AND o.name = s.name AND o.collapse_key = s.collapse_key AND o.org_id = s.org_id)
     WHERE s.id = $1::uuid AND s.done_at IS NULL AND s.failed_at IS NULL AND s.run_at <= clock_timestamp()
       AND o.done_at IS NULL AND o.failed_at IS NULL AND o.run_at <= clock_timestamp()`,
    [id],
  );
  return rows.map((row) => row.id);
}

export async function markDone(ids: string[]): Promise<void> {
  await query(
    `UPDATE outbox_job SET done_at = clock_timestamp(), attempts = attempts + 1, last_error = NULL WHERE id = ANY($1::uuid[]) AND done_at IS NULL`,
    [ids],
  );
}

/** Trying again makes no sense: the rows stay for a person to look at. */
export async function markFailed(ids: string[], code: string): Promise<void> {
  await query(
    `UPDATE outbox_job SET failed_at = clock_timestamp(), attempts = attempts + 1, last_error = $2 WHERE id = ANY($1::uuid[]) AND ${open}`,
    [ids, code],
  );
}

/** Puts a job off; the relay carries it again when its time comes. */
export async function markForRetry(ids: string[], code: string, inMs: number): Promise<void> {
  await query(
    `UPDATE outbox_job SET run_at = clock_timestamp() + make_interval(secs => $3::float8 / 1000), relayed_at = NULL,
       attempts = attempts + 1, last_error = $2 WHERE id = ANY($1::uuid[]) AND ${open}`,
    [ids, code, inMs],
  );
}

/** How often a job has been tried. */
export async function attemptsOf(id: string): Promise<number> {
  const [row] = await query<{ attempts: number }>("SELECT attempts FROM outbox_job WHERE id = $1::uuid", [id]);
  return row?.attempts ?? 0;
}

/** @returns how many finished rows were older than `days` and are gone. */
export async function purgeDone(days: number): Promise<number> {
  const rows = await query("DELETE FROM outbox_job WHERE done_at < now() - make_interval(days => $1) RETURNING id", [
    days,
  ]);
  return rows.length;
}

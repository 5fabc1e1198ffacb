import { reasonOf } from "@overread/shared/delivery-failure";
import type { Tx } from "#server/context.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { type AuditAction, appendAs } from "#server/domain/audit/index.ts";
import { listWaiting, retryDeliveries } from "#server/domain/exchange/index.ts";
import { retryFailed } from "#server/jobs/outbox.ts";
import { systemActor } from "#server/system-actor.ts";
import { type Command, UsageError } from "../command.ts";

/** Ids, names of jobs, codes and times: the outbox contains no patient data. */
type Entry = {
  id: string;
  kind: "job" | "delivery";
  org: string;
  /** Name of the job, or slug of the facility whose PACS has not received it. */
  name: string;
  state: "failed" | "waiting" | "running";
  attempts: number;
  error: string | null;
  since: string;
};
type FoundJob = Omit<Entry, "since"> & { since: Date; total: number };

const most = 500;

/** @param failedOnly failed jobs; otherwise all unfinished ones. */
function findJobs(tx: Tx, failedOnly: boolean): Promise<FoundJob[]> {
  return tx.$queryRaw<FoundJob[]>`
    SELECT j.id::text, 'job' AS kind, o.slug AS org, j.name, j.attempts, j.last_error AS error, coalesce(j.failed_at, j.created_at) AS since,
      CASE WHEN j.failed_at IS NOT NULL THEN 'failed' WHEN j.relayed_at IS NOT NULL THEN 'running' ELSE 'waiting' END AS state,
      count(*) OVER ()::int AS total
    FROM outbox_job j LEFT JOIN organization o ON o.id = j.org_id
    WHERE j.done_at IS NULL AND (NOT ${failedOnly}::boolean OR j.failed_at IS NOT NULL)
    ORDER BY since, j.id LIMIT ${most}`;
}

/**
 * Jobs and deliveries in one list, oldest first. @param failedOnly of deliveries those that were tried and did not
 * arrive.
 */
async function find(tx: Tx, failedOnly: boolean): Promise<{ total: number; entries: Entry[] }> {
  const jobs = await findJobs(tx, failedOnly);
  const waiting = await listWaiting(tx, { failedOnly, limit: most });
  const found = [
    ...jobs.map(({ total: _, ...job }) => job),
    ...waiting.deliveries.map(({ lastFailure, ...delivery }) => ({
      ...delivery,
      kind: "delivery" as const,
      error: lastFailure && reasonOf(lastFailure),
    })),
  ];
  found.sort((a, b) => a.since.getTime() - b.since.getTime() || (a.id < b.id ? -1 : 1));
  return {
    total: (jobs[0]?.total ?? 0) + waiting.total,
    entries: found.slice(0, most).map(({ since, ...entry }) => ({ ...entry, since: since.toISOString() })),
  };
}

const jobsList: Command = {
  name: "jobs list",
  usage: "[--failed]",
  summary:
    "List what is not done: jobs, and reports on their way to a hospital's PACS; with --failed those that went wrong",
  options: { failed: { type: "boolean" } },
  async run({ values }) {
    const { total, entries } = await withMaintenance((tx) => find(tx, values.failed === true));
    const rest = total > entries.length ? [`… and ${total - entries.length} more`] : [];
    return {
      json: { total, entries },
      lines: [
        ...entries.map(
          ({ id, kind, org, name, state, attempts, error, since }) =>
            `${id}  ${kind} ${name} of ${org ?? "nobody"}: ${state}, ${attempts} tries, ${error ?? "no error"}, since ${since}`,
        ),
        ...rest,
        total === 0 ? "Nothing to show." : `${total} in all.`,
      ],
    };
  },
};

type Again = { id: string; orgId: string; name: string };

/** Resets failed jobs, and lets waiting deliveries be tried at once. @param id null: all. */
async function retry(tx: Tx, id: string | null): Promise<{ jobs: number; deliveries: number }> {
  const jobs = await retryFailed(tx, id);
  const deliveries = (await retryDeliveries(tx, id)).map((delivery) => ({ ...delivery, name: "delivery" }));
  await onRecord(tx, "job.retry", jobs);
  await onRecord(tx, "report.deliver", deliveries);
  return { jobs: jobs.length, deliveries: deliveries.length };
}

/** One event per organisation and command. */
async function onRecord(tx: Tx, action: AuditAction, rows: Again[]): Promise<void> {
  for (const [orgId, own] of Map.groupBy(rows, (row) => row.orgId)) {
    const [only] = own;
    const details = { retried: own.length, ...(own.length === 1 && only ? { id: only.id, name: only.name } : {}) };
    await appendAs(tx, systemActor(orgId, "cli"), { action, details });
  }
}

const jobsRetry: Command = {
  name: "jobs retry",
  usage: "<id> | --all",
  summary: "Try failed jobs and deliveries again now: one, or all of them",
  options: { all: { type: "boolean" } },
  positionals: 1,
  async run({ values, positionals: [id] }) {
    const all = values.all === true;
    if (all === (id !== undefined)) throw new UsageError("name one id, or say --all");
    if (id && !/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(id)) throw new UsageError(`${id} is no id`);
    const retried = await withMaintenance((tx) => retry(tx, id ?? null));
    const none = retried.jobs + retried.deliveries === 0;
    return {
      json: { retried },
      lines: [
        none
          ? "There is nothing failed to try again."
          : `${retried.jobs} jobs and ${retried.deliveries} deliveries are tried again.`,
      ],
      // Without an id, no failed job is a success; an id that matches none is an error.
      failed: none && !all,
    };
  },
};

export const jobsCommands = [jobsList, jobsRetry];

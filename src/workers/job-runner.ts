import { randomUUID } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { type Job, UnrecoverableError } from "bullmq";
import { retryRolledBack } from "#server/db/busy.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { errorTable, toDomainError } from "#server/errors.ts";
import { type JobName, jobs, type Payload } from "#server/jobs/catalog.ts";
import { type CoveredJobs, coveredBy, markDone, markFailed, markForRetry, putBack } from "#server/jobs/outbox.ts";
import type { QueueName } from "#server/jobs/relay.ts";
import type { Log } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import { batchCalls, limitConcurrency } from "./batch-calls.ts";
import type { Handlers, HandlesMany, HandlesOne } from "./handler.ts";

/** The retry interval of an outage, after the catalogue's number of attempts. */
const patientRetryMs = 10 * 60_000;
const longestRetryMs = 60_000;
/** Jobs per transaction: bounds its duration, and how long it holds its locks. */
const batchLimit = 100;
/** Concurrent batch transactions, over all organisations; other work needs connections of the pool too. */
const transactions = 4;
/** Concurrent single jobs: rendering takes processor time from interactive work. */
const singleJobLimit: Record<QueueName, number> = {
  interactive: 8,
  imaging: 2,
  reports: 2,
  notices: 8,
  ahead: 1,
  renditions: 1,
};

/** The error of a failed run. */
type Failed = { error: unknown };

/** Not started, because the process is ending: left for another worker. */
class NotStarted extends Error {}

/**
 * Runs jobs from the queue and records the result in the outbox: done, failed for good, or postponed.
 *
 * The content of Redis is only a hint: the payload is parsed again, and a row that is done or postponed is not run.
 * Jobs that arrive together share the outbox queries and, where their handler takes batches, one transaction per
 * organisation.
 */
export class JobRunner {
  readonly #handlers: Handlers;
  readonly #log: Log;
  readonly #onDueAgain: () => void;
  #stopping = false;
  readonly #begin = batchCalls<string, CoveredJobs | undefined>(async (ids) => {
    const covered = await coveredBy(ids);
    return ids.map((id) => covered.get(id));
  }, 500);
  readonly #done = batchCalls<string[], void>(async (rows) => {
    await markDone([...new Set(rows.flat())]);
    return rows.map(() => undefined);
  }, 500);
  readonly #together = new Map<string, (payload: unknown) => Promise<Failed | null>>();
  readonly #alone = Object.fromEntries(
    Object.entries(singleJobLimit).map(([queue, count]) => [queue, limitConcurrency(count)]),
  ) as Record<QueueName, ReturnType<typeof limitConcurrency>>;
  readonly #transaction = limitConcurrency(transactions);

  /** @param onDueAgain called when a job goes back to the outbox: postponed, or not started. */
  constructor(handlers: Handlers, log: Log, onDueAgain: () => void) {
    this.#handlers = handlers;
    this.#log = log;
    this.#onDueAgain = onDueAgain;
  }

  /** The process is ending: jobs that were not started go back to the outbox. */
  stop(): void {
    this.#stopping = true;
  }

  /** @throws {UnrecoverableError} when the job failed for good; the outbox records it. */
  async run(job: Pick<Job, "id" | "name" | "data">): Promise<void> {
    const id = job.id ?? "";
    const covered = await this.#begin(id);
    if (!covered) return;
    const failed = await this.#call(job, id).catch((error: unknown): Failed => ({ error }));
    if (failed) await this.#settleFailure(failed.error, { name: job.name, id, covered });
    else await this.#done(covered.ids);
  }

  async #call({ name, data }: Pick<Job, "name" | "data">, id: string): Promise<Failed | null> {
    if (!(name in jobs)) throw new DomainError("request.invalid", { details: { reason: "job-unknown" } });
    return this.#dispatch(name as JobName, data, id);
  }

  async #dispatch<N extends JobName>(name: N, data: unknown, id: string): Promise<Failed | null> {
    const { payload: schema, queue } = jobs[name];
    const parsed = schema.safeParse(data);
    if (!parsed.success) throw new DomainError("request.invalid", { details: { reason: "job-payload" } });
    const payload = parsed.data as Payload<N>;
    const handler: HandlesOne<N> | HandlesMany<N> = this.#handlers[name];
    if (typeof handler === "function") {
      await this.#alone[queue](() => this.#runAlone(name, handler, payload, id));
      return null;
    }
    const key = `${name}/${payload.orgId}`;
    let add = this.#together.get(key);
    if (!add) {
      // One batcher per active organisation; an idle one costs nothing.
      if (this.#together.size > 1000) this.#together.clear();
      add = batchCalls<unknown, Failed | null>(
        (payloads) => this.#transaction(() => this.#runTogether(name, handler, payloads as Payload<N>[])),
        batchLimit,
      );
      this.#together.set(key, add);
    }
    return add(payload);
  }

  /** @returns for each payload its error, if it failed. */
  async #runTogether<N extends JobName>(
    name: N,
    handler: HandlesMany<N>,
    payloads: Payload<N>[],
  ): Promise<(Failed | null)[]> {
    if (this.#stopping) return payloads.map(() => ({ error: new NotStarted() }));
    const actor = systemActor((payloads[0] as Payload<N>).orgId, "worker");
    const requestId = randomUUID();
    const started = performance.now();
    // Several rows may ask for the same: only one is run.
    const distinct = (of: Payload<N>[]) => [...new Map(of.map((each) => [JSON.stringify(each), each])).values()];
    const commit = (of: Payload<N>[]) =>
      retryRolledBack(() =>
        withTenantSql(actor, (ctx) => handler.together(ctx, distinct(of)), {
          requestId,
          timeoutMs: jobs[name].timeoutMs,
        }),
      );
    try {
      await commit(payloads);
      const ms = Math.round(performance.now() - started);
      this.#log.info({ job: name, requestId, jobs: payloads.length, ms }, "jobs done");
      return payloads.map(() => null);
    } catch (error) {
      // An outage fails every job; any other error may be one job's only.
      const { code } = toDomainError(error);
      if (payloads.length === 1 || (code !== "internal" && errorTable[code].retry === "yes"))
        return payloads.map(() => ({ error }));
      const results: (Failed | null)[] = [];
      for (const payload of payloads)
        results.push(
          await commit([payload]).then(
            () => null,
            (own: unknown) => ({ error: own }),
          ),
        );
      return results;
    }
  }

  async #runAlone<N extends JobName>(
    name: N,
    handler: HandlesOne<N>,
    payload: Payload<N>,
    jobId: string,
  ): Promise<void> {
    if (this.#stopping) throw new NotStarted();
    const { timeoutMs } = jobs[name];
    const requestId = randomUUID();
    const log = this.#log.child({ job: name, jobId, requestId }) as Log;
    const started = performance.now();
    const aborter = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        aborter.abort();
        reject(new DomainError("internal", { cause: new Error(`not done within ${timeoutMs} ms`) }));
      }, timeoutMs);
    });
    const actor = systemActor(payload.orgId, "worker");
    try {
      await Promise.race([handler({ actor, requestId, log, signal: aborter.signal }, payload), timeout]);
      log.info({ ms: Math.round(performance.now() - started) }, "job done");
    } finally {
      clearTimeout(timer);
    }
  }

  /** Decides by the table of errors whether a retry makes sense, and records it in the outbox. */
  async #settleFailure(
    error: unknown,
    { name, id, covered }: { name: string; id: string; covered: CoveredJobs },
  ): Promise<void> {
    if (error instanceof NotStarted) {
      await putBack(covered.ids);
      this.#onDueAgain();
      return;
    }
    const line = this.#log.child({ job: name, jobId: id });
    const { code } = toDomainError(error);
    const tried = covered.attempts + 1;
    const allowed = name in jobs ? jobs[name as JobName].attempts : 1;
    // An outage ends by itself, so it is retried for ever; a fault of ours is not.
    const hopeless = errorTable[code].retry !== "yes" || (code === "internal" && tried >= allowed);
    if (hopeless) {
      await markFailed(covered.ids, code);
      line.error({ code, tried, reason: traceOf(error) }, "job failed for good");
      throw new UnrecoverableError(code);
    }
    const inMs = tried >= allowed ? patientRetryMs : Math.min(500 * 2 ** Math.min(tried - 1, 10), longestRetryMs);
    await markForRetry(covered.ids, code, inMs);
    this.#onDueAgain();
    line.warn({ code, tried, inMs, reason: traceOf(error) }, "job put off");
  }
}

/**
 * Where an error occurred, for the log: stack frames of our code, never the text of an unknown error, which may quote
 * data.
 */
function traceOf(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  if (!(root instanceof Error)) return "unknown";
  const frames = (root.stack ?? "").split("\n").filter((frame) => /^\s+at /.test(frame));
  const code = "code" in root && typeof root.code === "string" ? ` ${root.code}` : "";
  return [root.name + code, ...frames.slice(0, 4).map((frame) => frame.trim())].join(" | ");
}

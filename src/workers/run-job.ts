import { randomUUID } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { type Job, UnrecoverableError } from "bullmq";
import { systemActor } from "#server/auth/system-actor.ts";
import type { SystemActor } from "#server/context.ts";
import { errorTable, toDomainError } from "#server/errors.ts";
import { type JobName, jobs, type Payload } from "#server/jobs/catalog.ts";
import { attemptsOf, coveredBy, markDone, markFailed, markForRetry } from "#server/jobs/outbox.ts";
import type { Log } from "#server/log.ts";

/** What a handler gets beside its payload: who it acts as, and which run its traces belong to. */
export type JobContext = { actor: SystemActor; requestId: string; log: Log; signal: AbortSignal };
/** A job without a handler, or a handler for no job, does not compile. */
export type Handlers = { [N in JobName]: (context: JobContext, payload: Payload<N>) => Promise<void> };

/** After as many attempts as the catalogue names, an outage is asked about this seldom. */
const patientRetryMs = 10 * 60_000;
const longestRetryMs = 60_000;

/**
 * Runs one job out of the queue to its end in the outbox: done, failed for good, or put off.
 *
 * What Redis holds is taken for no more than a hint: the payload is parsed again, and a row that is done already, or
 * put off, is not run.
 */
export async function runJob(handlers: Handlers, job: Pick<Job, "id" | "name" | "data">, log: Log): Promise<void> {
  const rowId = job.id ?? "";
  const covered = await coveredBy(rowId);
  if (covered.length === 0) return;
  const started = performance.now();
  const requestId = randomUUID();
  const line = log.child({ job: job.name, jobId: rowId, requestId });
  try {
    await dispatch(handlers, job, { requestId, log: line as Log });
    await markDone(covered);
    line.info({ ms: Math.round(performance.now() - started), rows: covered.length }, "job done");
  } catch (error) {
    await settleFailure(error, { name: job.name, rowId, covered, line: line as Log });
  }
}

async function dispatch(
  handlers: Handlers,
  job: Pick<Job, "name" | "data">,
  context: { requestId: string; log: Log },
): Promise<void> {
  if (!(job.name in jobs)) throw new DomainError("request.invalid", { details: { reason: "job-unknown" } });
  await call(handlers, job.name as JobName, job.data, context);
}

async function call<N extends JobName>(
  handlers: Handlers,
  name: N,
  data: unknown,
  context: { requestId: string; log: Log },
): Promise<void> {
  const { payload: schema, timeoutMs } = jobs[name];
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw new DomainError("request.invalid", { details: { reason: "job-payload" } });
  const payload = parsed.data as Payload<N>;
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
    await Promise.race([handlers[name]({ ...context, actor, signal: aborter.signal }, payload), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

type Failure = { name: string; rowId: string; covered: string[]; line: Log };

/** Decides by the table of errors whether the same attempt makes sense again, and says so in the outbox. */
async function settleFailure(error: unknown, { name, rowId, covered, line }: Failure): Promise<void> {
  const { code } = toDomainError(error);
  const tried = (await attemptsOf(rowId)) + 1;
  const allowed = name in jobs ? jobs[name as JobName].attempts : 1;
  // An outage ends by itself, so it is waited out for ever; a fault of ours does not.
  const hopeless = errorTable[code].retry !== "yes" || (code === "internal" && tried >= allowed);
  if (hopeless) {
    await markFailed(covered, code);
    line.error({ code, tried, reason: traceOf(error) }, "job failed for good");
    throw new UnrecoverableError(code);
  }
  const inMs = tried >= allowed ? patientRetryMs : Math.min(500 * 2 ** Math.min(tried - 1, 10), longestRetryMs);
  await markForRetry(covered, code, inMs);
  line.warn({ code, tried, inMs, reason: traceOf(error) }, "job put off");
}

/**
 * Where it went wrong, for the log: the places in our code, never the text of an unknown error, which may quote what
 * it was working on.
 */
function traceOf(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  if (!(root instanceof Error)) return "unknown";
  const frames = (root.stack ?? "").split("\n").filter((frame) => /^\s+at /.test(frame));
  const code = "code" in root && typeof root.code === "string" ? ` ${root.code}` : "";
  return [root.name + code, ...frames.slice(0, 4).map((frame) => frame.trim())].join(" | ");
}

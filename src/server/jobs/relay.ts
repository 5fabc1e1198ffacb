import { type ConnectionOptions, Queue } from "bullmq";
import { Redis } from "ioredis";
import { config } from "#server/config.ts";
import { DatabaseListener } from "#server/db/listener.ts";
import { workerHeartbeatKey, workerHeartbeatSeconds } from "#server/jobs/worker-heartbeat.ts";
import type { Log } from "#server/log.ts";
import { type JobName, jobs } from "./catalog.ts";
import { databaseTime, nextDueInMs, type OutboxJob, putBack, takeDue, unfinishedJobs } from "./outbox.ts";

export type QueueName = (typeof jobs)[JobName]["queue"];
export const queueNames = [...new Set(Object.values(jobs).map((definition) => definition.queue))];
/** Prefix of our queues in Redis. */
export const queuePrefix = "overread";

const batch = 500;
/**
 * The most jobs that a queue holds in Redis: the rest waits in the outbox, where waiting is cheap. An urgent job waits
 * behind this many at worst, and a loss of Redis loses no more.
 */
const window = 1000;
const jobNames = Object.keys(jobs) as JobName[];
const namesOf = (queue: QueueName): JobName[] => jobNames.filter((name) => jobs[name].queue === queue);
/** Poll interval, in case a notification was lost. */
const slowPollMs = 5_000;
/** A job relayed longer ago than this and not finished is relayed again, in case Redis lost it. */
const unfinishedAfterMs = 20_000;
const sweepEveryMs = 10_000;

/**
 * Relays committed jobs from the outbox to BullMQ. Postgres and Redis may restart at any moment, Redis also empty: the
 * outbox is authoritative, and relaying a job twice adds it once, since its id in the queue is the row's id.
 */
export class Relay {
  readonly #log: Log;
  readonly #redis: Redis;
  readonly #queues = new Map<QueueName, Queue>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #listener: DatabaseListener;
  #stopped = false;
  #running: Promise<void> | undefined;
  #again = false;
  #dueTimer: NodeJS.Timeout | undefined;
  #hasBeaten = false;
  /** Queues that had more due jobs than capacity. */
  readonly #full = new Set<QueueName>();

  constructor(log: Log) {
    this.#log = log;
    this.#listener = new DatabaseListener("overread_maintenance", log);
    // Jobs written while the connection was lost are relayed now.
    this.#listener.on(
      "overread_outbox",
      () => this.wake(),
      () => this.wake(),
    );
    // A producer fails fast: jobs wait in the outbox, not here.
    this.#redis = new Redis(config().redis.url, {
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      lazyConnect: true,
    });
    this.#redis.on("error", (error) => this.#log.warn({ reason: reasonOf(error) }, "redis is away"));
    this.#redis.on("ready", () => {
      // Redis may have come back empty.
      this.#hasBeaten = false;
      void this.#sweep(0);
      void this.#beat();
      this.wake();
    });
  }

  /** Starts relaying. Resolves at once; unavailable servers are waited for in the background. */
  start(): void {
    this.#redis.connect().catch(() => {}); // ioredis goes on trying
    this.#listener.start();
    this.#timers.push(
      setInterval(() => this.wake(), slowPollMs),
      setInterval(() => void this.#sweep(unfinishedAfterMs), sweepEveryMs),
      setInterval(() => void this.#beat(), workerHeartbeatSeconds * 1000),
    );
    this.wake();
  }

  /** Stops relaying; remaining jobs wait in the outbox. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#dueTimer);
    await this.#listener.close();
    await this.#running;
    await Promise.all([...this.#queues.values()].map((queue) => queue.close().catch(() => {})));
    this.#redis.disconnect();
  }

  /** There may be something to relay. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = this.#carryDue().finally(() => {
      this.#running = undefined;
      if (this.#again) {
        this.#again = false;
        this.wake();
      }
    });
  }

  /** A job has ended: a full queue has capacity again. */
  ended(): void {
    if (this.#full.size > 0) this.wake();
  }

  async #carryDue(): Promise<void> {
    try {
      for (const name of queueNames) {
        if (this.#stopped || this.#redis.status !== "ready") return;
        await this.#fill(name);
      }
      const inMs = await nextDueInMs(jobNames);
      clearTimeout(this.#dueTimer);
      if (inMs !== null && !this.#stopped)
        this.#dueTimer = setTimeout(() => this.wake(), Math.min(Math.max(inMs, 5), slowPollMs));
    } catch (error) {
      this.#log.warn({ reason: reasonOf(error) }, "jobs could not be carried; trying again");
    }
  }

  /** Relays due jobs into one queue while it has capacity. */
  async #fill(name: QueueName): Promise<void> {
    for (;;) {
      const held = await this.#with(name, (queue) => queue.getJobCountByTypes("wait", "active"));
      // Half empty, so that it is refilled in batches.
      if (held > window / 2) {
        this.#full.add(name);
        return;
      }
      const due = await takeDue(namesOf(name), batch);
      if (due.length > 0) await this.#add(name, due);
      if (due.length < batch || this.#stopped) {
        this.#full.delete(name);
        return;
      }
    }
  }

  /** Relays again what was relayed `olderThanMs` ago and is not finished. */
  async #sweep(olderThanMs: number): Promise<void> {
    if (this.#stopped || this.#redis.status !== "ready") return;
    try {
      const before = await databaseTime(olderThanMs);
      for (let unfinished = batch; unfinished === batch && !this.#stopped; ) {
        const rows = await unfinishedJobs(before, batch);
        // A row of another release: left for a worker that knows it.
        const byQueue = Map.groupBy(rows, (row) => jobs[row.name]?.queue);
        for (const [name, members] of byQueue) if (name) await this.#add(name, members);
        unfinished = rows.length;
      }
    } catch (error) {
      this.#log.warn({ reason: reasonOf(error) }, "unfinished jobs could not be looked over; trying again");
    }
  }

  async #add(name: QueueName, rows: OutboxJob[]): Promise<void> {
    try {
      await this.#with(name, (queue) => queue.addBulk(rows.map(toBullJob)));
    } catch (error) {
      // Where this fails too, the sweep finds them.
      await putBack(rows.map(({ id }) => id)).catch(() => {});
      throw error;
    }
  }

  async #with<T>(name: QueueName, ask: (queue: Queue) => Promise<T>): Promise<T> {
    let queue = this.#queues.get(name);
    if (!queue) {
      queue = new Queue(name, { connection: this.#redis as unknown as ConnectionOptions, prefix: queuePrefix });
      queue.on("error", () => {}); // the connection's own listener has said it
      this.#queues.set(name, queue);
    }
    try {
      return await ask(queue);
    } catch (error) {
      // A queue that failed while opening reports that error for ever: opens another.
      this.#queues.delete(name);
      await queue.close().catch(() => {});
      throw error;
    }
  }

  async #beat(): Promise<void> {
    if (this.#stopped || this.#redis.status !== "ready") return;
    try {
      const before = await this.#redis.set(
        workerHeartbeatKey,
        new Date().toISOString(),
        "PX",
        workerHeartbeatSeconds * 3000,
        "GET",
      );
      // Our marker key is gone: Redis was emptied, jobs included.
      if (before === null && this.#hasBeaten) await this.#sweep(0);
      this.#hasBeaten = true;
    } catch {
      this.#hasBeaten = false;
    }
  }
}

function toBullJob(row: OutboxJob) {
  return {
    name: row.name,
    data: row.payload,
    opts: {
      jobId: row.id,
      // The outbox retries, where Redis cannot lose the job.
      attempts: 1,
      removeOnComplete: true,
      removeOnFail: true,
      ...(row.collapseKey ? { deduplication: { id: `${row.name}.${row.collapseKey}`, keepLastIfActive: true } } : {}),
    },
  };
}

/** A code or an error class: a driver's message may quote values. */
const reasonOf = (error: unknown) =>
  error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.constructor.name) : "unknown";

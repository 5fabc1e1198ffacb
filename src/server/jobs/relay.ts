import { type ConnectionOptions, Queue } from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import { config } from "#server/config.ts";
import { liveChannel } from "#server/live/publish.ts";
import { workerHeartbeatKey, workerHeartbeatSeconds } from "#server/live/worker-heartbeat.ts";
import type { Log } from "#server/log.ts";
import { type JobName, jobs } from "./catalog.ts";
import { dueJobs, markRelayed, nextDueInMs, type OutboxJob, unfinishedJobs } from "./outbox.ts";

export type QueueName = (typeof jobs)[JobName]["queue"];
export const queueNames = [...new Set(Object.values(jobs).map((definition) => definition.queue))];
/** Where BullMQ keeps our queues in Redis. */
export const queuePrefix = "overread";

const batch = 500;
/** The net under NOTIFY. */
const slowPollMs = 5_000;
/** A job carried longer ago than this and not finished is carried again, in case Redis lost it. */
const unfinishedAfterMs = 20_000;
const sweepEveryMs = 10_000;

/**
 * Carries what was committed to where it is awaited: job intents from the outbox to BullMQ, announcements from
 * Postgres to Redis. Either server may die and come back at any moment, Redis also empty: the outbox is the truth, and
 * carrying a job twice adds it once, since its id in the queue is the id of its row.
 */
export class Relay {
  readonly #log: Log;
  readonly #redis: Redis;
  readonly #queues = new Map<QueueName, Queue>();
  readonly #timers: NodeJS.Timeout[] = [];
  #listener: pg.Client | undefined;
  #stopped = false;
  #running: Promise<void> | undefined;
  #again = false;
  #dueTimer: NodeJS.Timeout | undefined;
  #hasBeaten = false;

  constructor(log: Log) {
    this.#log = log;
    // A producer fails fast: the outbox waits, not we.
    this.#redis = new Redis(config().redis.url, {
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      lazyConnect: true,
    });
    this.#redis.on("error", (error) => this.#log.warn({ reason: reasonOf(error) }, "redis is away"));
    this.#redis.on("ready", () => {
      // It may have come back empty.
      this.#hasBeaten = false;
      void this.#sweep(0);
      this.wake();
    });
  }

  /** Begins to carry. Resolves at once; servers that are away are waited for in the background. */
  start(): void {
    this.#redis.connect().catch(() => {}); // ioredis goes on trying
    void this.#listen();
    this.#timers.push(
      setInterval(() => this.wake(), slowPollMs),
      setInterval(() => void this.#sweep(unfinishedAfterMs), sweepEveryMs),
      setInterval(() => void this.#beat(), workerHeartbeatSeconds * 1000),
    );
    this.wake();
  }

  /** Stops carrying; what was not carried waits in the outbox. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#dueTimer);
    await this.#listener?.end().catch(() => {});
    await this.#running;
    await Promise.all([...this.#queues.values()].map((queue) => queue.close().catch(() => {})));
    this.#redis.disconnect();
  }

  /** Says that there may be something to carry. */
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

  async #carryDue(): Promise<void> {
    try {
      for (;;) {
        if (this.#stopped || this.#redis.status !== "ready") return;
        const due = await dueJobs(batch);
        await this.#carry(due);
        if (due.length < batch) break;
      }
      const inMs = await nextDueInMs();
      clearTimeout(this.#dueTimer);
      if (inMs !== null && !this.#stopped)
        this.#dueTimer = setTimeout(() => this.wake(), Math.min(Math.max(inMs, 5), slowPollMs));
    } catch (error) {
      this.#log.warn({ reason: reasonOf(error) }, "jobs could not be carried; trying again");
    }
  }

  /** Carries again what was carried `olderThanMs` ago and is not finished. */
  async #sweep(olderThanMs: number): Promise<void> {
    if (this.#stopped || this.#redis.status !== "ready") return;
    try {
      for (;;) {
        const unfinished = await unfinishedJobs(olderThanMs, batch);
        await this.#carry(unfinished);
        // With no age to wait for, carried rows would come up again at once.
        if (unfinished.length < batch || olderThanMs === 0) return;
      }
    } catch (error) {
      this.#log.warn({ reason: reasonOf(error) }, "unfinished jobs could not be looked over; trying again");
    }
  }

  async #carry(rows: OutboxJob[]): Promise<void> {
    if (rows.length === 0) return;
    const byQueue = Map.groupBy(rows, (row) => jobs[row.name]?.queue);
    for (const [name, members] of byQueue) {
      // A row of a release before or after ours: left for a worker that knows it.
      if (name) await this.#add(name, members);
    }
    await markRelayed(rows.map((row) => row.id));
  }

  async #add(name: QueueName, rows: OutboxJob[]): Promise<void> {
    let queue = this.#queues.get(name);
    if (!queue) {
      queue = new Queue(name, { connection: this.#redis as unknown as ConnectionOptions, prefix: queuePrefix });
      queue.on("error", () => {}); // the connection's own listener has said it
      this.#queues.set(name, queue);
    }
    try {
      await queue.addBulk(rows.map(toBullJob));
    } catch (error) {
      // A queue that met an outage while it was being opened says so for ever after: open another.
      this.#queues.delete(name);
      await queue.close().catch(() => {});
      throw error;
    }
  }

  /** Keeps one connection that Postgres can speak on; comes back for ever. */
  async #listen(): Promise<void> {
    for (let failures = 0; !this.#stopped; failures++) {
      const client = new pg.Client({
        connectionString: config().database.roleUrl("overread_maintenance"),
        keepAlive: true,
        connectionTimeoutMillis: 10_000,
      });
      this.#listener = client;
      const ended = new Promise<void>((resolve) => {
        client.once("end", resolve);
        client.once("error", () => resolve());
      });
      client.on("error", () => {});
      client.on("notification", ({ channel, payload }) => {
        if (channel === liveChannel) this.#announce(payload ?? "");
        else this.wake();
      });
      try {
        await client.connect();
        await client.query(`LISTEN overread_outbox; LISTEN ${liveChannel}`);
        failures = 0;
        this.wake(); // what was written while nobody listened
        this.#announceGap();
        await ended;
      } catch (error) {
        if (!this.#stopped) this.#log.warn({ reason: reasonOf(error) }, "postgres is away");
      }
      await client.end().catch(() => {});
      if (!this.#stopped) await new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** failures, 2_000)));
    }
  }

  #announce(payload: string): void {
    // Lost when Redis is away: screens fetch again when they reconnect.
    if (this.#redis.status === "ready") this.#redis.publish(liveChannel, payload).catch(() => {});
  }

  /** Announcements made while nobody listened are lost: every screen is told to fetch again. */
  #announceGap(): void {
    const tell = () => this.#announce(JSON.stringify({ topic: "resync" }));
    if (this.#redis.status === "ready") tell();
    else this.#redis.once("ready", tell);
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
      // Our own mark is gone although we were here: somebody emptied Redis under us, jobs and all.
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
      // Trying again is the outbox's affair, where Redis cannot lose it.
      attempts: 1,
      removeOnComplete: true,
      removeOnFail: true,
      ...(row.collapseKey ? { deduplication: { id: `${row.name}.${row.collapseKey}`, keepLastIfActive: true } } : {}),
    },
  };
}

/** A code or a kind: a driver's message may quote values. */
const reasonOf = (error: unknown) =>
  error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.constructor.name) : "unknown";

import { type ConnectionOptions, Worker } from "bullmq";
import { Redis } from "ioredis";
import { startAuditWriter } from "#server/audit/index.ts";
import { config } from "#server/config.ts";
import { type QueueName, queueNames, queuePrefix, Relay } from "#server/jobs/relay.ts";
import type { Log } from "#server/log.ts";
import type { Handlers } from "./handler.ts";
import { JobRunner } from "./job-runner.ts";
import { runSchedules } from "./run-schedules.ts";
import { anchorAudit, schedules } from "./schedules.ts";

/**
 * Jobs of a queue that one process takes at a time. Interactive jobs are small and run in batches (job-runner.ts); of
 * rendering jobs it takes as many as it runs at once, and leaves the rest to other workers.
 */
const concurrency: Record<QueueName, number> = {
  interactive: 200,
  imaging: 2,
  reports: 2,
  notices: 8,
  ahead: 1,
  renditions: 1,
};

/**
 * Starts the relay, one BullMQ worker per queue, and the schedules.
 *
 * @returns stops: no new jobs, the running ones to their end, then the connections.
 */
export function startWorker(handlers: Handlers, log: Log): { stop(): Promise<void> } {
  const relay = new Relay(log);
  const runner = new JobRunner(handlers, log, () => relay.wake());
  // A worker waits for Redis for ever (`null`); the relay's producer does not.
  const redis = new Redis(config().redis.url, {
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(100 * attempt, 1_000),
  });
  redis.on("error", () => {}); // the relay's connection to the same server has said it
  const workers: Worker[] = [];
  // A queue opened while Redis is unavailable gives up for good; one that was open before survives an outage.
  redis.once("ready", () => workers.push(...queueNames.map(openQueue)));
  const openQueue = (name: QueueName) => {
    const worker = new Worker(name, (job) => runner.run(job).finally(() => relay.ended()), {
      connection: redis as unknown as ConnectionOptions,
      prefix: queuePrefix,
      concurrency: concurrency[name],
      // A killed worker's jobs are picked up again after this; a living one renews at half.
      lockDuration: 15_000,
      stalledInterval: 5_000,
      maxStalledCount: 3,
    });
    worker.on("error", (error) => log.debug({ queue: name, err: error }, "queue"));
    return worker;
  };
  relay.start();
  const stopSchedules = runSchedules(schedules(log), log);
  const auditWriter = startAuditWriter(log);
  return {
    async stop() {
      runner.stop();
      const closed = Promise.all([stopSchedules(), ...workers.map((worker) => worker.close())]);
      // While Redis is unavailable BullMQ's close would hang: the jobs are in the outbox, so the process may exit.
      const given = new Promise((resolve) => setTimeout(resolve, redis.status === "ready" ? 15_000 : 1_000).unref());
      await Promise.race([closed, given]);
      await auditWriter.stop();
      await anchorAudit(log).catch((error: unknown) =>
        log.warn({ reason: error instanceof Error ? error.name : "unknown" }, "the audit chains could not be anchored"),
      );
      await relay.stop();
      redis.disconnect();
    },
  };
}

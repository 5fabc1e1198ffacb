import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { type ConnectionOptions, Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { config } from "#server/config.ts";
import { audit } from "#server/domain/audit/index.ts";
import { createLog } from "#server/log.ts";
import type { Handlers } from "#workers/handler.ts";
import { startWorker } from "#workers/worker.ts";
import { until } from "../lib/ports.mjs";
import { say } from "../lib/say.mjs";
import { type Ground, loadavg, median, onOwnGround } from "./ground.ts";

/**
 * A trivial job through the outbox, the relay and the worker's wrapper, in its tenant's transaction, with an audit
 * event, completion and retry, beside bare BullMQ with as many empty jobs on the same Redis.
 */
export async function bench(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { jobs: { type: "string", default: "5000" }, rounds: { type: "string", default: "3" } },
  });
  const count = Number(values.jobs);
  await onOwnGround(async (ground) => {
    const orgId = randomUUID();
    await ground.db.owner.query(
      `INSERT INTO organization (id, slug, name, kind) VALUES ($1, 'bench', 'Bench', 'hospital')`,
      [orgId],
    );
    const ours: number[] = [];
    const bare: number[] = [];
    // The first round warms up both.
    for (let round = 0; round <= Number(values.rounds); round++) {
      const pair: [number, number] =
        round % 2
          ? [await through(ground, orgId, count), await alone(ground, count)]
          : (([b, o]) => [o, b] as [number, number])([await alone(ground, count), await through(ground, orgId, count)]);
      if (round === 0) continue;
      ours.push(pair[0]);
      bare.push(pair[1]);
      say(`round ${round}: ours ${pair[0].toFixed(0)}/s, bare BullMQ ${pair[1].toFixed(0)}/s`);
    }
    const ratio = median(ours.map((rate, index) => rate / (bare[index] as number)));
    say(`jobs: ours ${median(ours).toFixed(0)}/s, bare BullMQ ${median(bare).toFixed(0)}/s, ratio ${ratio.toFixed(2)}`);
    say(`load ${loadavg()[0]?.toFixed(1)}`);
  });
}

const nothing = async (): Promise<void> => {};
const handlers: Handlers = {
  "study.settle": nothing,
  "study.index": nothing,
  "study.prepare-ahead": nothing,
  "study.make-renditions": nothing,
  "case.attach-priors": nothing,
  "case.prioritize": nothing,
  "case.apply-orders": nothing,
  "report.store-documents": nothing,
  "facility.deliver-earlier": nothing,
  "case.escalate": nothing,
  "delivery.send": nothing,
  "notice.send": nothing,
  "assignment.run": nothing,
  "claim.expire": {
    together: async (ctx, payloads) => {
      for (const { caseId } of payloads) await audit(ctx, { action: "case.expire", caseId });
    },
  },
};

/** Jobs per second, from the commit of the jobs until the outbox shows all as done. */
async function through({ db }: Ground, orgId: string, count: number): Promise<number> {
  const worker = startWorker(handlers, createLog("worker", "error"));
  const started = performance.now();
  await db.owner.query(
    `INSERT INTO outbox_job (org_id, name, payload)
     SELECT $1::uuid, 'claim.expire', jsonb_build_object('orgId', $1::uuid, 'caseId', gen_random_uuid()) FROM generate_series(1, $2::int)`,
    [orgId, count],
  );
  const done = async () => {
    const { rows } = await db.owner.query("SELECT count(*)::int AS n FROM outbox_job WHERE done_at IS NULL");
    return rows[0].n === 0;
  };
  await until(done, { deadlineMs: 120_000, what: "every job done", everyMs: 20 });
  const rate = (count * 1000) / (performance.now() - started);
  await worker.stop();
  await db.owner.query("TRUNCATE outbox_job");
  return rate;
}

/** The same for BullMQ by itself: added by the hundred, fifty at a time. */
async function alone({ redisUrl }: Ground, count: number): Promise<number> {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const options = { connection: connection as unknown as ConnectionOptions, prefix: `bench-${config().nodeEnv}` };
  const queue = new Queue("bare", options);
  let done = 0;
  const worker = new Worker("bare", async () => void done++, { ...options, concurrency: 50 });
  await worker.waitUntilReady();
  const started = performance.now();
  const jobs = Array.from({ length: count }, () => ({
    name: "nothing",
    data: { caseId: randomUUID() },
    opts: { removeOnComplete: true, removeOnFail: true },
  }));
  for (let at = 0; at < count; at += 500) await queue.addBulk(jobs.slice(at, at + 500));
  await until(async () => done === count && (await queue.getJobCountByTypes("active", "wait")) === 0, {
    deadlineMs: 120_000,
    what: "every bare job done",
    everyMs: 20,
  });
  const rate = (count * 1000) / (performance.now() - started);
  await worker.close();
  await queue.close();
  connection.disconnect();
  return rate;
}

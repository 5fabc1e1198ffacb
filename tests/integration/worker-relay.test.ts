import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { createClient } from "redis";
import { withTenant } from "#server/db/with-tenant.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { workerHeartbeatKey } from "#server/jobs/worker-heartbeat.ts";
import { createLog } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import { useTestDatabase } from "#tests/database.ts";
import { eventually, useTestRedis } from "#tests/redis.ts";
import type { Handlers } from "#workers/handler.ts";
import { startWorker } from "#workers/worker.ts";

const orgId = randomUUID();
const actor = systemActor(orgId, "test");
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let worker: ReturnType<typeof startWorker> | undefined;

/** What the handlers of this test do; each test puts in its own. */
let act: (name: string, id: string) => Promise<void> = async () => {};
const handlers: Handlers = {
  "study.settle": (_, { studyId }) => act("study.settle", studyId),
  "study.index": (_, { studyId }) => act("study.index", studyId),
  "study.prepare-ahead": (_, { studyId }) => act("study.prepare-ahead", studyId),
  "study.make-renditions": (_, { studyId }) => act("study.make-renditions", studyId),
  "case.attach-priors": (_, { caseId }) => act("case.attach-priors", caseId),
  "case.prioritize": (_, { caseId }) => act("case.prioritize", caseId),
  "case.apply-orders": (_, { studyId }) => act("case.apply-orders", studyId),
  "case.escalate": (_, { caseId }) => act("case.escalate", caseId),
  "assignment.run": (_, { orgId: group }) => act("assignment.run", group),
  "claim.expire": (_, { caseId }) => act("claim.expire", caseId),
  "report.store-documents": (_, { reportVersionId }) => act("report.store-documents", reportVersionId),
  "facility.deliver-earlier": (_, { facilityId }) => act("facility.deliver-earlier", facilityId),
  "notice.send": (_, { deliveryId }) => act("notice.send", deliveryId),
  "delivery.send": (_, { destinationId }) => act("delivery.send", destinationId),
};
const start = () => {
  worker = startWorker(handlers, createLog("worker", (process.env.DBG ?? "silent") as "error"));
};

let dataDir: string;
before(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), "overread-relay-"));
  process.env.OVERREAD_DATA_DIR = dataDir;
  db = await useTestDatabase();
  redis = await useTestRedis();
  start();
});
after(async () => {
  await worker?.stop();
  await redis.drop();
  await db.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** claim.expire has no collapse key: as many rows, as many runs. */
async function expireClaims(count: number, runAt?: Date): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await withTenant(actor, async ({ tx }) => {
    for (const caseId of ids) await enqueue(tx, "claim.expire", { orgId, caseId }, runAt);
  });
  return ids;
}
async function openRows(): Promise<number> {
  const { rows } = await db.owner.query(
    "SELECT count(*)::int AS n FROM outbox_job WHERE done_at IS NULL AND failed_at IS NULL",
  );
  return rows[0].n;
}
const allDone = () => eventually(async () => (await openRows()) === 0, "every job of the outbox done");

test("a job that was committed runs, one that was rolled back does not", async () => {
  const ran: string[] = [];
  act = async (_, id) => void ran.push(id);
  await assert.rejects(
    withTenant(actor, async ({ tx }) => {
      await enqueue(tx, "claim.expire", { orgId, caseId: randomUUID() });
      throw new Error("the act failed");
    }),
  );
  const [id] = await expireClaims(1);
  await allDone();
  assert.deepEqual(ran, [id]);
});

test("a job is not run before its time", async () => {
  let ranAt = 0;
  act = async () => {
    ranAt = Date.now();
  };
  const due = new Date(Date.now() + 700);
  await expireClaims(1, due);
  await allDone();
  assert.ok(ranAt >= due.getTime() - 20, "not early");
  assert.ok(ranAt < due.getTime() + 30_000, "and not late either");
});

test("a hundred jobs about one study collapse into few runs, and every row is answered by a run that began after it", async () => {
  const studyId = randomUUID();
  /** How many rows were committed when each run began. */
  const starts: number[] = [];
  const committed = async (): Promise<number> =>
    (await db.owner.query("SELECT count(*)::int AS n FROM outbox_job WHERE payload->>'studyId' = $1", [studyId]))
      .rows[0].n;
  act = async () => {
    const then = await committed();
    starts.push(then);
    // A run lasts for some rows, however quickly they come.
    await eventually(async () => (await committed()) >= Math.min(100, then + 3), "more rows");
  };
  for (let index = 0; index < 100; index++)
    await withTenant(actor, ({ tx }) => enqueue(tx, "study.index", { orgId, studyId }));
  await allDone();
  assert.ok(starts.length < 60, `${starts.length} runs for 100 rows`);
  assert.equal(starts.at(-1), 100, "the last run saw the last change");
});

test("a job that cannot succeed is kept for a person to look at, with its code and nothing else", async () => {
  let calls = 0;
  act = async () => {
    calls++;
    throw new DomainError("case.not-found", { cause: new Error("Doe^Jane") });
  };
  const [caseId] = await expireClaims(1);
  await allDone();
  const { rows } = await db.owner.query("SELECT * FROM outbox_job WHERE payload->>'caseId' = $1", [caseId]);
  assert.equal(rows[0].last_error, "case.not-found");
  assert.ok(rows[0].failed_at);
  assert.equal(calls, 1);
});

test("a job that met an outage is tried again until it succeeds", async () => {
  let calls = 0;
  act = async () => {
    if (++calls < 3) throw new DomainError("storage.unavailable");
  };
  const [caseId] = await expireClaims(1);
  await allDone();
  const { rows } = await db.owner.query("SELECT * FROM outbox_job WHERE payload->>'caseId' = $1", [caseId]);
  assert.equal(calls, 3);
  assert.ok(rows[0].done_at);
  assert.equal(rows[0].attempts, 3);
});

test("a payload of another shape is refused, not run", async () => {
  let calls = 0;
  act = async () => void calls++;
  await db.owner.query(
    `INSERT INTO outbox_job (org_id, name, payload) VALUES ($1, 'claim.expire', '{"orgId":"x"}'), ($1, 'claim.expire', '{}')`,
    [orgId],
  );
  await allDone();
  const { rows } = await db.owner.query(
    "SELECT last_error FROM outbox_job WHERE payload::text IN ('{}', '{\"orgId\": \"x\"}')",
  );
  assert.deepEqual(
    rows.map((row) => row.last_error),
    ["request.invalid", "request.invalid"],
  );
  assert.equal(calls, 0);
});

test("Redis emptied in the middle of the work loses none of it", async () => {
  const ran = new Set<string>();
  act = async (_, id) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    ran.add(id);
  };
  const ids = await expireClaims(400);
  const client = createClient({ url: redis.url });
  await client.connect();
  await eventually(() => ran.size > 20, "work under way");
  await client.flushAll();
  await allDone();
  assert.equal(ids.filter((id) => !ran.has(id)).length, 0);
  await eventually(async () => (await client.exists(workerHeartbeatKey)) === 1, "a sign of life");
  client.destroy();
});

test("Redis killed and started empty: the worker lives, the work is done", async () => {
  const ran = new Set<string>();
  act = async (_, id) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    ran.add(id);
  };
  const ids = await expireClaims(300);
  await eventually(() => ran.size > 20, "work under way");
  await redis.stop();
  const more = await expireClaims(50);
  await redis.start();
  await allDone();
  assert.equal([...ids, ...more].filter((id) => !ran.has(id)).length, 0);
});

test("the worker listens again after Postgres cut its connections", async () => {
  const ran: string[] = [];
  act = async (_, id) => void ran.push(id);
  await db.owner.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'overread_maintenance'",
  );
  const [id] = await expireClaims(1);
  await allDone();
  assert.deepEqual(ran, [id]);
});

test("a worker that is told to stop ends its running job first and leaves the rest to the next", async () => {
  let running = 0;
  let finished = 0;
  act = async () => {
    running++;
    await new Promise((resolve) => setTimeout(resolve, 100));
    finished++;
  };
  await expireClaims(40);
  await eventually(() => running > 0, "work under way");
  await worker?.stop();
  assert.equal(running, finished, "nothing was cut off");
  assert.ok((await openRows()) > 0, "the rest waits");
  start();
  await allDone();
  assert.equal(finished, 40);
});

test("a worker that starts while Redis is away begins when it comes", async () => {
  const ran: string[] = [];
  act = async (_, id) => void ran.push(id);
  await worker?.stop();
  await redis.stop();
  // Nobody is there but somebody who counts how often Redis was looked for.
  let lookedFor = 0;
  const door = createServer((socket) => {
    lookedFor++;
    socket.destroy();
  }).listen(Number(new URL(redis.url).port), "127.0.0.1");
  await once(door, "listening");
  start();
  const ids = await expireClaims(5);
  await eventually(() => lookedFor >= 8, "each of its connections looking for Redis again and again");
  door.close();
  await once(door, "close");
  await redis.start();
  await allDone();
  assert.deepEqual(ran.toSorted(), ids.toSorted());
});

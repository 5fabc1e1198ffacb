import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { withTenant } from "#server/db/with-tenant.ts";
import { audit } from "#server/domain/audit/index.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { createLog } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import { useTestDatabase } from "#tests/database.ts";
import { eventually, useTestRedis } from "#tests/redis.ts";
import type { Handlers, HandlesMany } from "#workers/handler.ts";
import { startWorker } from "#workers/worker.ts";

/** Jobs that a worker runs together: many of one hospital in one transaction. */

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let dataDir: string;
let workers: ReturnType<typeof startWorker>[] = [];
let hospitals: string[];

let act: HandlesMany<"claim.expire">["together"];
const nothing = async () => {};
const handlers: Handlers = {
  "study.settle": nothing,
  "study.index": nothing,
  "study.prepare-ahead": nothing,
  "study.make-renditions": nothing,
  "case.attach-priors": nothing,
  "case.prioritize": nothing,
  "case.apply-orders": nothing,
  "case.escalate": nothing,
  "assignment.run": nothing,
  "report.store-documents": nothing,
  "facility.deliver-earlier": nothing,
  "delivery.send": nothing,
  "notice.send": nothing,
  "claim.expire": { together: (ctx, payloads) => act(ctx, payloads) },
};
const start = () => void workers.push(startWorker(handlers, createLog("worker", "silent" as "error")));

before(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), "overread-together-"));
  process.env.OVERREAD_DATA_DIR = dataDir;
  db = await useTestDatabase();
  redis = await useTestRedis();
});
after(async () => {
  await redis.drop();
  await db.drop();
  rmSync(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  hospitals = [randomUUID(), randomUUID()];
  for (const id of hospitals)
    await db.owner.query("INSERT INTO organization (id, slug, name, kind) VALUES ($1, $2, 'H', 'hospital')", [
      id,
      `h-${id}`,
    ]);
});
afterEach(async () => {
  for (const worker of workers) await worker.stop();
  workers = [];
});

/** @returns the ids that the jobs carry. */
async function commit(orgId: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await withTenant(systemActor(orgId, "test"), async ({ tx }) => {
    for (const caseId of ids) await enqueue(tx, "claim.expire", { orgId, caseId });
  });
  return ids;
}
async function rowsOf(orgId: string) {
  const { rows } = await db.owner.query<{
    case: string;
    done: boolean;
    failed: boolean;
    attempts: number;
    error: string | null;
  }>(
    `SELECT payload ->> 'caseId' AS case, done_at IS NOT NULL AS done, failed_at IS NOT NULL AS failed, attempts, last_error AS error
     FROM outbox_job WHERE org_id = $1`,
    [orgId],
  );
  return rows;
}
const settled = (orgId: string) =>
  eventually(
    async () => (await rowsOf(orgId)).every(({ done, failed }) => done || failed),
    "every job settled",
    30_000,
  );
const audited = async (orgId: string): Promise<string[]> =>
  (await db.owner.query("SELECT case_id FROM audit_event WHERE org_id = $1 ORDER BY seq", [orgId])).rows.map(
    (row) => row.case_id,
  );

test("jobs that wait together share transactions, each of one hospital alone, and every one leaves its event", async () => {
  const batches: { org: string; cases: string[] }[] = [];
  act = async (ctx, payloads) => {
    const [tenant] = await ctx.tx.$queryRaw<[{ org: string }]>`SELECT app_org()::text AS org`;
    batches.push({ org: tenant.org, cases: payloads.map(({ caseId }) => caseId) });
    for (const { caseId, orgId } of payloads) {
      assert.equal(orgId, tenant.org);
      await audit(ctx, { action: "case.expire", caseId });
    }
  };
  const [first, second] = hospitals as [string, string];
  const ids = [await commit(first, 150), await commit(second, 60)];
  start();
  await settled(first);
  await settled(second);
  for (const [index, orgId] of [first, second].entries()) {
    const own = batches.filter(({ org }) => org === orgId).flatMap(({ cases }) => cases);
    assert.deepEqual(own.toSorted(), (ids[index] as string[]).toSorted());
    assert.deepEqual((await audited(orgId)).toSorted(), (ids[index] as string[]).toSorted());
  }
  assert.ok(batches.length < 50, `${batches.length} transactions for 210 jobs`);
});

test("one that cannot be done takes no other along, and nothing of it stays", async () => {
  const [orgId] = hospitals as [string];
  const ids = await commit(orgId, 40);
  const bad = ids[17] as string;
  act = async (ctx, payloads) => {
    for (const { caseId } of payloads) await audit(ctx, { action: "case.expire", caseId });
    if (payloads.some(({ caseId }) => caseId === bad)) throw new DomainError("case.not-found");
  };
  start();
  await settled(orgId);
  const rows = await rowsOf(orgId);
  assert.deepEqual(
    rows.filter(({ failed }) => failed).map((row) => [row.case, row.error, row.attempts]),
    [[bad, "case.not-found", 1]],
  );
  assert.deepEqual((await audited(orgId)).toSorted(), ids.filter((id) => id !== bad).toSorted());
});

test("an outage puts all of them off, and all are done when it is over", async () => {
  const [orgId] = hospitals as [string];
  const ids = await commit(orgId, 30);
  let out = true;
  act = async (ctx, payloads) => {
    if (out) throw new DomainError("storage.unavailable");
    for (const { caseId } of payloads) await audit(ctx, { action: "case.expire", caseId });
  };
  start();
  await eventually(async () => (await rowsOf(orgId)).every(({ attempts }) => attempts > 0), "each of them put off");
  out = false;
  await settled(orgId);
  assert.deepEqual((await audited(orgId)).toSorted(), ids.toSorted());
  assert.ok((await rowsOf(orgId)).every(({ done, error }) => done && error === null));
});

test("two workers share what waits, and none is run twice", async () => {
  const [orgId] = hospitals as [string];
  act = async (ctx, payloads) => {
    for (const { caseId } of payloads) await audit(ctx, { action: "case.expire", caseId });
  };
  start();
  start();
  const ids: string[] = [];
  for (let n = 0; n < 10; n++) ids.push(...(await commit(orgId, 120)));
  await settled(orgId);
  assert.deepEqual((await audited(orgId)).toSorted(), ids.toSorted());
  assert.ok((await rowsOf(orgId)).every(({ attempts }) => attempts === 1));
});

test("what was in hand and not begun when a worker stopped is done by the next", async () => {
  const [orgId] = hospitals as [string];
  let begun = 0;
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  act = async (ctx, payloads) => {
    begun++;
    await gate;
    for (const { caseId } of payloads) await audit(ctx, { action: "case.expire", caseId });
  };
  const ids = await commit(orgId, 180);
  start();
  await eventually(() => begun > 0, "a transaction under way");
  const stopped = workers.shift()?.stop();
  go();
  await stopped;
  assert.equal(begun, 1, "no other was begun");
  assert.ok(
    (await rowsOf(orgId)).some(({ done }) => !done),
    "the rest waits",
  );
  start();
  await settled(orgId);
  assert.deepEqual((await audited(orgId)).toSorted(), ids.toSorted());
});

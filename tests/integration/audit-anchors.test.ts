import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { anchorAuditHeads } from "#server/audit/anchors.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import { createLog } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import type { Handlers } from "#workers/handler.ts";
import { handlers } from "#workers/handlers/index.ts";
import { schedules } from "#workers/schedules.ts";
import { startWorker } from "#workers/worker.ts";
import { orgId } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { eventually, useTestRedis } from "../redis.ts";
import { run } from "../support/run.ts";

const dataDir = mkdtempSync(path.join(tmpdir(), "overread-anchors-"));
const outside = mkdtempSync(path.join(tmpdir(), "overread-elsewhere-"));
const file = path.join(dataDir, "audit-anchors", "audit-anchors.jsonl");
const copy = path.join(outside, "audit-anchors.jsonl");
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let org: string;

before(async () => {
  Object.assign(process.env, { OVERREAD_DATA_DIR: dataDir, OVERREAD_AUDIT_ANCHOR_DIR: outside });
  redis = await useTestRedis();
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  org = await orgId("lakeside");
});
after(async () => {
  await redis.drop();
  await db.drop();
  for (const folder of [dataDir, outside]) rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  for (const each of [file, copy]) rmSync(each, { force: true });
});

const act = (times: number) =>
  withMaintenance(async (tx) => {
    for (let n = 0; n < times; n++) await appendAs(tx, systemActor(org, "test"), { action: "study.list" });
  });
const head = async () =>
  (
    await db.owner.query<{ seq: string; hash: string }>("SELECT seq::text, hash FROM audit_head WHERE org_id = $1", [
      org,
    ])
  ).rows[0]!;
/** What an intruder with the database in hand does: the last events go, and the head with them. */
async function cutTail(events: number): Promise<void> {
  const client = await db.owner.connect();
  try {
    await client.query("BEGIN; ALTER TABLE audit_event DISABLE TRIGGER USER");
    await client.query(
      "DELETE FROM audit_event WHERE org_id = $1 AND seq > (SELECT seq - $2::int FROM audit_head WHERE org_id = $1)",
      [org, events],
    );
    await client.query(
      `UPDATE audit_head h SET (seq, hash) = (SELECT seq, hash FROM audit_event e WHERE e.org_id = h.org_id ORDER BY seq DESC LIMIT 1)
       WHERE org_id = $1`,
      [org],
    );
    await client.query("ALTER TABLE audit_event ENABLE TRIGGER USER; COMMIT");
  } finally {
    client.release();
  }
}
const lines = (at = file) => readFileSync(at, "utf8").split("\n").filter(Boolean);
async function verify() {
  const main = path.resolve(import.meta.dirname, "../../src/server/cli/main.ts");
  const { code, stdout } = await run(process.execPath, [main, "audit", "verify", "--json"]);
  return {
    code,
    ...(JSON.parse(stdout) as {
      faults: { orgId: string; fault: string }[];
      anchors: { anchors: number; unreadable: number; forged: number; unsigned: number; publicKey: string };
    }),
  };
}

test("the worker notes the chains' heads when it starts, and once more when it stops", async () => {
  const worker = startWorker({} as Handlers, createLog("worker", "silent" as "error"));
  await eventually(() => {
    try {
      return lines().some((line) => line.includes(org));
    } catch {
      return false;
    }
  }, "the first anchor");
  await act(3);
  const { seq, hash } = await head();
  assert.ok(!lines().some((line) => line.includes(hash)), "not noted yet");
  await worker.stop();
  for (const at of [file, copy]) {
    const last = JSON.parse(lines(at).findLast((line) => line.includes(org))!);
    assert.deepEqual([last.seq, last.hash], [seq, hash]);
    assert.equal(statSync(at).mode & 0o077, 0, "nobody else on the machine reads or writes it");
  }
});

test("a tail that was cut together with its head is found without anybody naming anchors", async () => {
  await act(5);
  await anchorAuditHeads();
  assert.deepEqual((await verify()).faults, []);
  await cutTail(3);
  const found = await verify();
  assert.equal(found.code, 1);
  assert.deepEqual(
    found.faults.map(({ orgId, fault }) => [orgId, fault]),
    [[org, "tail-cut"]],
  );
  assert.deepEqual(await anchorAuditHeads().then(({ shrunk }) => shrunk), [org], "the worker says so too");

  // Grown again to where it was, and noted once more: the earlier note still stands against it.
  await act(3);
  await anchorAuditHeads();
  const regrown = await verify();
  assert.ok(regrown.faults.some(({ orgId, fault }) => orgId === org && fault === "anchor-mismatch"));
});

test("with one of the two files gone, the other still tells; an organisation that is gone whole is told too", async () => {
  await act(2);
  await anchorAuditHeads();
  rmSync(file);
  await cutTail(1);
  assert.ok((await verify()).faults.some(({ fault }) => fault === "tail-cut"));
  const gone = "01999999-0000-7000-8000-000000000001";
  writeFileSync(
    file,
    `${JSON.stringify({ at: new Date().toISOString(), orgId: gone, seq: "7", hash: "a".repeat(64) })}\n`,
  );
  assert.ok((await verify()).faults.some(({ orgId, fault }) => orgId === gone && fault === "tail-cut"));
});

test("a chain that has not grown adds no line, lines are only added, and one cut short by a crash spoils nothing", async () => {
  await act(1);
  await anchorAuditHeads();
  const before = lines();
  assert.equal((await anchorAuditHeads()).written, 0);
  appendFileSync(file, '{"at":"2026-11-22T0');
  await act(1);
  await anchorAuditHeads();
  assert.deepEqual(lines().slice(0, before.length), before);
  const report = await verify();
  assert.deepEqual([report.code, report.anchors.unreadable], [0, 1]);
  assert.ok(
    lines()
      .at(-1)
      ?.includes((await head()).hash),
  );
});

test("a folder that cannot be written does not keep the other from being told", async () => {
  await act(1);
  rmSync(outside, { recursive: true });
  writeFileSync(outside, "a file where a folder should be");
  await assert.rejects(anchorAuditHeads());
  const { hash } = await head();
  assert.ok(lines().some((line) => line.includes(hash)));
  rmSync(outside);
});

test("a whole end of the chain that was made anew, every hash right, is found", async () => {
  await act(6);
  await anchorAuditHeads();
  const client = await db.owner.connect();
  try {
    await client.query("BEGIN; ALTER TABLE audit_event DISABLE TRIGGER USER");
    const { rows } = await client.query("SELECT seq FROM audit_event WHERE org_id = $1 ORDER BY seq DESC LIMIT 4", [
      org,
    ]);
    await client.query("UPDATE audit_event SET actor_name = 'Nobody' WHERE org_id = $1 AND seq = $2", [
      org,
      rows.at(-1).seq,
    ]);
    for (const { seq } of rows.reverse())
      await client.query(
        `UPDATE audit_event e SET prev_hash = p.hash, hash = encode(sha256(convert_to(audit_canonical(jsonb_populate_record(e, jsonb_build_object('prev_hash', p.hash))), 'UTF8')), 'hex')
         FROM audit_event p WHERE e.org_id = $1 AND e.seq = $2 AND p.org_id = e.org_id AND p.seq = e.seq - 1`,
        [org, seq],
      );
    await client.query(
      "UPDATE audit_head h SET hash = e.hash FROM audit_event e WHERE h.org_id = $1 AND e.org_id = h.org_id AND e.seq = h.seq",
      [org],
    );
    await client.query("ALTER TABLE audit_event ENABLE TRIGGER USER; COMMIT");
  } finally {
    client.release();
  }
  const { seq } = await head();
  const found = await verify();
  assert.deepEqual([found.code, found.faults], [1, [{ orgId: org, seq, fault: "anchor-mismatch" }]]);
});

test("anchors are signed by a key of nobody else's; one that was changed or made by another hand is told", async () => {
  await act(1);
  await anchorAuditHeads();
  const key = path.join(dataDir, "keys", "audit-anchors.pem");
  assert.equal(statSync(key).mode & 0o777, 0o600);
  const whole = await verify();
  assert.deepEqual([whole.anchors.forged, whole.anchors.unsigned], [0, 0]);
  assert.equal(whole.anchors.publicKey, readFileSync(path.join(outside, "audit-anchors.pub"), "utf8"));
  const other = { ...JSON.parse(lines().at(-1)!), at: "2026-01-01T00:00:00.000Z" };
  appendFileSync(file, `${JSON.stringify(other)}\n`);
  const found = await verify();
  assert.equal(found.code, 1);
  assert.ok(found.faults.some(({ fault }) => fault === "anchor-forged"));
});

test("anchors are noted each minute, and with a signature before anything is made of it", async () => {
  const log = createLog("worker", "silent" as "error");
  assert.equal(schedules(log).find(({ name }) => name === "anchor-audit")?.everyMs, 60_000);
  await act(1);
  const run = { actor: systemActor(org, "worker"), requestId: "r", log, signal: new AbortController().signal };
  const nowhere = { orgId: org, reportVersionId: "01999999-0000-7000-8000-000000000009" };
  await assert.rejects(handlers["report.store-documents"](run, nowhere));
  const { hash } = await head();
  assert.ok(lines().some((line) => line.includes(hash)));
});

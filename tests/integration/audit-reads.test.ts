import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import pg from "pg";
import { type ChainFault, verifyAuditChains } from "#server/audit/verify-chains.ts";
import { chainAllWaitingReads, chainWaitingReads, startAuditWriter, waitingReads } from "#server/audit/writer.ts";
import { config } from "#server/config.ts";
import type { UserActor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { audit } from "#server/domain/audit/index.ts";
import { listCases } from "#server/domain/reading/index.ts";
import { createLog } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { eventually } from "../redis.ts";
import { run } from "../support/run.ts";

/** Reads wait in a table of their own until one writer gives them their places in the chain. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let hospital: string;
let group: string;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  ({ actor: reader } = await signedIn("radiologist@nightshift.example"));
  [hospital, group] = [await orgId("lakeside"), reader.orgId];
});
after(() => db.drop());
beforeEach(chainAllWaitingReads);

const count = async (sql: string, values: unknown[] = []): Promise<number> =>
  Number((await db.owner.query(sql, values)).rows[0].count);
const waiting = () => count("SELECT count(*) FROM audit_read");
/** Of one request, in the chain. */
const chained = async (requestId: string): Promise<string[]> =>
  (
    await db.owner.query("SELECT action FROM audit_event WHERE request_id = $1 ORDER BY org_id, seq", [requestId])
  ).rows.map(({ action }) => action);
/** Opens a study of the hospital, as the reading group. */
const read = (requestId: string = randomUUID()) =>
  withTenantSql(
    reader,
    (ctx) =>
      audit(ctx, {
        action: "study.read",
        orgId: hospital,
        details: { Ünïcode: '山田 "\\', n: 0.25, ok: true, b: null },
      }),
    {
      requestId,
    },
  );
/** What only the owner of the database could do, with its triggers off. */
async function asOwner(sql: string): Promise<void> {
  await db.owner.query(`BEGIN; ALTER TABLE audit_read DISABLE TRIGGER USER; ALTER TABLE audit_event DISABLE TRIGGER USER; ${sql};
    ALTER TABLE audit_read ENABLE TRIGGER USER; ALTER TABLE audit_event ENABLE TRIGGER USER; COMMIT`);
}

test("a read waits for no reader whose transaction is still open, and for no act of the same group", async () => {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const slow = withTenant(reader, async (ctx) => {
    await listCases(ctx, {});
    begun.resolve();
    await gate.promise;
  });
  // As an act does from its event to its commit.
  const client = await db.owner.connect();
  await client.query("BEGIN; SELECT 1 FROM audit_head FOR UPDATE");
  await begun.promise;
  await Promise.all(
    Array.from({ length: 8 }, () => withTenant(reader, (ctx) => listCases(ctx, {}), { timeoutMs: 5_000 })),
  );
  assert.equal(await waiting(), 8);
  await client.query("ROLLBACK");
  client.release();
  gate.resolve();
  await slow;
  assert.equal(await waiting(), 9);
});

test("a read that is undone leaves nothing, and takes its number back", async () => {
  for (const open of [withTenant, withTenantSql] as const)
    for (let n = 0; n < 4; n++) {
      const requestId = randomUUID();
      const undone = open(
        reader,
        async (ctx) => {
          await audit(ctx, { action: "case.list" });
          await audit(ctx, { action: "case.read" });
          if (n % 2) throw new Error("undone");
        },
        { requestId },
      );
      await (n % 2 ? assert.rejects(undone, /undone/) : undone);
      await chainAllWaitingReads();
      assert.deepEqual(await chained(requestId), n % 2 ? [] : ["case.list", "case.read"]);
    }
  assert.deepEqual((await verifyAuditChains()).faults, []);
});

test("reads of everybody at once, four writers and acts between them: each once, in whole chains, in the order of each connection", async () => {
  const requests = Array.from({ length: 200 }, () => randomUUID());
  let done = false;
  const writers = Array.from({ length: 4 }, async () => {
    while (!done) await chainWaitingReads(7);
  });
  await Promise.all(
    requests.map((requestId, n) =>
      n % 10 === 0
        ? withTenant(reader, (ctx) => audit(ctx, { action: "case.claim", orgId: hospital }), { requestId })
        : n % 2
          ? read(requestId)
          : withTenant(reader, (ctx) => audit(ctx, { action: "case.list" }), { requestId }),
    ),
  );
  done = true;
  await Promise.all(writers);
  await chainAllWaitingReads();
  const { rows } = await db.owner.query(
    "SELECT request_id, count(*)::int AS n FROM audit_event WHERE request_id = ANY ($1) GROUP BY 1",
    [requests],
  );
  assert.equal(rows.length, requests.length);
  assert.ok(rows.every(({ n }) => n === 1));
  const report = await verifyAuditChains();
  assert.deepEqual([report.faults, report.waiting], [[], 0]);
  const disorder = await count(
    `SELECT count(*) FROM audit_event a JOIN audit_event b USING (org_id, stream) WHERE a.stream_n < b.stream_n AND a.seq > b.seq`,
  );
  assert.equal(disorder, 0);
});

test("a writer that is killed in the middle of a batch loses nothing and doubles nothing, and the next goes on", async () => {
  const requests = Array.from({ length: 30 }, () => randomUUID());
  for (const requestId of requests) await read(requestId);
  const killed = new pg.Client({ connectionString: config().database.roleUrl("overread_maintenance") });
  killed.on("error", () => {});
  await killed.connect();
  await killed.query("BEGIN");
  assert.equal((await killed.query("SELECT audit_chain_reads(NULL, 20) AS n")).rows[0].n, 20);
  assert.equal(await chainWaitingReads(100), -1, "while it works, no other does");
  const { rows } = await killed.query("SELECT pg_backend_pid() AS pid");
  await db.owner.query("SELECT pg_terminate_backend($1)", [rows[0].pid]);
  await eventually(async () => (await chainWaitingReads(100)) === 30, "the next writer");
  for (const requestId of requests) assert.deepEqual(await chained(requestId), ["study.read"]);
  assert.deepEqual((await verifyAuditChains()).faults, []);
});

test("without a writer reads go on; verify, search and the metrics' count name what waits; a writer that starts takes it up", async () => {
  await read("while nobody writes");
  assert.deepEqual(await chained("while nobody writes"), []);
  const report = await verifyAuditChains();
  assert.equal(report.waiting, 1);
  assert.deepEqual(report.faults, []);
  assert.equal((await waitingReads(hospital)).count, 1);
  assert.equal((await waitingReads(group)).count, 0);
  const { actor: admin } = await signedIn("admin@lakeside.example");
  const found = await createCaller(admin).audit.search({});
  assert.equal(found.waiting, 0);
  assert.equal(found.items[0]?.action, "study.read", "who searches the trail has what waits chained first");
  await read("taken up");
  const writer = startAuditWriter(createLog("worker", "silent"));
  await eventually(async () => (await chained("taken up")).length === 1, "the writer");
  await writer.stop();
});

test("the application's role sees and writes its own reads alone, changes none, and moves none but its own", async () => {
  await read();
  const stranger = systemActor(await orgId("harbor"), "test");
  const seen = await withTenantSql(stranger, ({ tx }) => tx.$queryRaw<unknown[]>`SELECT * FROM audit_read`);
  assert.deepEqual(seen, []);
  assert.equal((await withTenantSql(reader, ({ tx }) => tx.$queryRaw<unknown[]>`SELECT * FROM audit_read`)).length, 1);
  const write = (values: string) =>
    `INSERT INTO audit_read (org_id, actor_org_id, at, actor_kind, actor_id, actor_name, action, outcome, details, request_id, stream, stream_n, mac)
     VALUES (${values}, 'user', 'x', 'x', 'case.list', 'success', '{}', '', gen_random_uuid(), 1, repeat('0', 64))`;
  const refused: [sql: string, what: RegExp][] = [
    ["UPDATE audit_read SET actor_name = 'x'", /permission denied/],
    ["DELETE FROM audit_read", /permission denied/],
    ["TRUNCATE audit_read", /permission denied/],
    [`SELECT audit_chain_reads('${hospital}', 10)`, /not the chain of this organisation/],
    ["SELECT audit_chain_reads(NULL, 10)", /not the chain of this organisation/],
    [write(`'${stranger.orgId}', '${hospital}', now()`), /row-level security/],
    [write(`'${hospital}', '${stranger.orgId}', now()`), /row-level security/],
    [write(`'${stranger.orgId}', '${stranger.orgId}', now() - interval '1 hour'`), /row-level security/],
    [write(`'${stranger.orgId}', '${stranger.orgId}', now() + interval '1 hour'`), /row-level security/],
  ];
  for (const [sql, what] of refused)
    await assert.rejects(
      withTenantSql(stranger, ({ tx }) => tx.$executeRawUnsafe(sql)),
      what,
      sql,
    );
  for (const sql of ["UPDATE audit_read SET actor_name = 'x'", "DELETE FROM audit_read", "TRUNCATE audit_read"])
    await assert.rejects(pool("overread_maintenance").query(sql), /permission denied/, sql);
  await assert.rejects(db.owner.query("UPDATE audit_read SET actor_name = 'x'"), /append-only/);
});

/** Does something to reads that wait, says what verify finds then and once they are chained, and puts everything back. */
async function tampered(sql: string): Promise<ChainFault[]> {
  await chainAllWaitingReads();
  await withTenantSql(reader, async (ctx) => {
    for (let n = 0; n < 4; n++) await audit(ctx, { action: "study.read", orgId: hospital, details: { n } });
  });
  const tables = ["audit_read", "audit_event", "audit_head"];
  for (const table of tables) await db.owner.query(`CREATE TABLE kept_${table} AS TABLE ${table}`);
  await asOwner(sql);
  const { faults } = await verifyAuditChains();
  await chainAllWaitingReads();
  const later = (await verifyAuditChains()).faults;
  assert.equal(later.length > 0, faults.length > 0, `${sql}: seen while it waits, and afterwards`);
  await asOwner(
    tables
      .map((table) => `DELETE FROM ${table}; INSERT INTO ${table} TABLE kept_${table}; DROP TABLE kept_${table}`)
      .join(";"),
  );
  return faults;
}
const second = "id = (SELECT id FROM audit_read ORDER BY id OFFSET 1 LIMIT 1)";

test("a waiting read that is changed, in whatever column, is found: its seal is not the database's to make", async () => {
  const edits = [
    "org_id = actor_org_id",
    "at = at - interval '1 microsecond'",
    "actor_org_id = org_id",
    "actor_kind = 'system'",
    "actor_id = 'x'",
    "actor_name = 'Somebody Else'",
    "action = 'study.list'",
    "outcome = 'refused'",
    "patient_ref = uuidv7()",
    "study_ref = uuidv7()",
    "case_id = uuidv7()",
    `details = '{"n": -1}'`,
    "request_id = 'x'",
    "stream = gen_random_uuid()",
    "stream_n = stream_n + 100",
    "mac = repeat('a', 64)",
  ];
  const columns = await count(
    "SELECT count(*) FROM information_schema.columns WHERE table_name = 'audit_read' AND column_name <> 'id'",
  );
  assert.equal(edits.length, columns);
  for (const edit of edits) {
    const faults = await tampered(`UPDATE audit_read SET ${edit} WHERE ${second}`);
    assert.ok(
      faults.some(({ fault }) => fault === "seal-broken"),
      `${edit}: ${JSON.stringify(faults)}`,
    );
  }
  assert.deepEqual(await tampered("SELECT 1"), [], "and nothing where nothing was done");
});

test("a waiting read that is taken away, or two that change places, or one that is put in, is found", async () => {
  const missing = async (sql: string) =>
    assert.ok(
      (await tampered(sql)).some(({ fault }) => fault === "read-missing" || fault === "seal-broken"),
      sql,
    );
  await missing(`DELETE FROM audit_read WHERE ${second}`);
  await missing(
    `DELETE FROM audit_read WHERE ${second}; UPDATE audit_read SET stream_n = stream_n - 1 WHERE NOT ${second}`,
  );
  await missing("UPDATE audit_read SET stream_n = stream_n + CASE stream_n % 2 WHEN 0 THEN 1 ELSE -1 END");
  const others =
    "at, actor_org_id, actor_kind, actor_id, actor_name, action, outcome, patient_ref, study_ref, case_id, details, request_id";
  await missing(
    `INSERT INTO audit_read (org_id, ${others}, stream, stream_n, mac) SELECT org_id, ${others}, stream, stream_n, mac FROM audit_read WHERE ${second}`,
  );
  await missing(
    `INSERT INTO audit_read (org_id, ${others}, stream, stream_n, mac) SELECT org_id, ${others}, gen_random_uuid(), 1, mac FROM audit_read WHERE ${second}`,
  );
});

test("a read that is in the chain is held by its seal too: whoever makes the chain's end anew cannot make its reads", async () => {
  await read();
  await chainAllWaitingReads();
  const faults = await tampered(
    `UPDATE audit_event SET actor_name = 'Somebody Else' WHERE org_id = '${hospital}' AND seq = (SELECT seq FROM audit_head WHERE org_id = '${hospital}');
     UPDATE audit_event e SET hash = encode(sha256(convert_to(audit_canonical(e), 'UTF8')), 'hex') WHERE org_id = '${hospital}' AND seq = (SELECT seq FROM audit_head WHERE org_id = '${hospital}');
     UPDATE audit_head h SET hash = (SELECT hash FROM audit_event e WHERE e.org_id = h.org_id AND e.seq = h.seq) WHERE org_id = '${hospital}'`,
  );
  assert.deepEqual(
    faults.map(({ fault }) => fault),
    ["seal-broken"],
  );
});

test("under another master secret no seal fits, and that is said in place of an alarm about every read", async () => {
  await read();
  await chainAllWaitingReads();
  const verify = async (env: Record<string, string>) => {
    const main = path.resolve(import.meta.dirname, "../../src/server/cli/main.ts");
    return run(process.execPath, [main, "audit", "verify"], { env: { OVERREAD_DATA_DIR: elsewhere, ...env } });
  };
  const elsewhere = mkdtempSync(path.join(tmpdir(), "overread-another-secret-"));
  try {
    const ours = await verify({});
    assert.equal(ours.code, 0, ours.stdout);
    assert.doesNotMatch(ours.stdout, /OVERREAD_SECRET/);
    const theirs = await verify({ OVERREAD_KEYS: JSON.stringify({ "audit-reads": "another" }) });
    assert.equal(theirs.code, 1);
    assert.match(theirs.stdout, /no read has the seal of this master secret: set OVERREAD_SECRET/);
    // One changed read among others is what it is.
    await read();
    await chainAllWaitingReads();
    await asOwner(
      `UPDATE audit_event SET mac = repeat('0', 64) WHERE org_id = '${hospital}' AND seq = (SELECT seq FROM audit_head WHERE org_id = '${hospital}')`,
    );
    assert.doesNotMatch((await verify({})).stdout, /OVERREAD_SECRET/);
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});

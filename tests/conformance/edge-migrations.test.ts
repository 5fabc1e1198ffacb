import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { DamagedIndex, openDatabase } from "../../edge-router/src/spool/database.ts";
import { SpoolIndex } from "../../edge-router/src/spool/index-db.ts";
import { migrations, NewerIndex, versionOf } from "../../edge-router/src/spool/migrations.ts";
import { Refusals } from "../../edge-router/src/spool/refusals.ts";
import { makeObject } from "./edge-objects.ts";
import { oldShapes } from "./edge-old-shapes.ts";
import { EdgeUnderTest, hasProgram, until } from "./edge-process.ts";

function newFile(t: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), "overread-index-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return path.join(dir, "index.db");
}

/** Tables with their columns, and indexes with what they say. */
function shapeOf(db: DatabaseSync): string[] {
  const columns = db
    .prepare(
      `select m.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" as line from sqlite_master m, pragma_table_info(m.name) c
       where m.type = 'table'`,
    )
    .all() as { line: string }[];
  const indexes = db.prepare("select sql as line from sqlite_master where type = 'index' and sql is not null").all();
  const unique = db
    .prepare(
      `select m.name || ' unique ' || (select group_concat(name) from pragma_index_info(i.name)) as line
       from sqlite_master m, pragma_index_list(m.name) i where m.type = 'table' and i.origin = 'u'`,
    )
    .all();
  return [...columns, ...(indexes as { line: string }[]), ...(unique as { line: string }[])]
    .map(({ line }) => line.replaceAll(/if not exists |\s+/g, " "))
    .sort();
}

for (const [name, { sql, syntax }] of Object.entries(oldShapes))
  test(`an index ${name} is brought to the newest shape with everything in it`, (t) => {
    const fresh = openDatabase(newFile(t));
    const expected = shapeOf(fresh);
    fresh.close();
    const file = newFile(t);
    const old = new DatabaseSync(file);
    old.exec(sql);
    old.close();
    for (let round = 0; round < 2; round++) {
      const db = openDatabase(file);
      assert.equal(versionOf(db), migrations.length);
      assert.deepEqual(shapeOf(db), expected);
      const index = new SpoolIndex(db);
      // The study of what was received first is older, whatever the number of the row.
      assert.deepEqual(
        index.due(1_000, 10).map(({ id, attempts, transferSyntaxUid }) => ({ id, attempts, transferSyntaxUid })),
        [
          { id: 9, attempts: 0, transferSyntaxUid: syntax },
          { id: 7, attempts: 4, transferSyntaxUid: syntax },
        ],
      );
      const rows = db.prepare("select id, state, reason, doneAt, file from instance order by id").all();
      assert.deepEqual(
        rows.map((row) => Object.values(row)),
        [
          [7, "queued", null, null, null],
          [8, "refused", "why", null, "x.dcm"],
          [9, "queued", null, null, null],
          [10, "done", null, 77, null],
        ],
      );
      assert.equal(index.callingAeTitleOf("1.2"), "CT1");
      assert.equal(index.meta("lastForwardedAt"), "then");
      const delivery = db.prepare("select deliveryId, state, attempts, receivedAt from delivery").get();
      assert.deepEqual({ ...delivery }, { deliveryId: "d1", state: "waiting", attempts: 3, receivedAt: 5 });
      new Refusals(db).adopt();
      assert.equal(new Refusals(db).list(10)[0]?.sopInstanceUid, "1.2.8");
      db.close();
    }
  });

test("an index that a later release has written is refused with what to do, and is as it was", (t) => {
  const file = newFile(t);
  const db = openDatabase(file);
  db.exec(`pragma user_version = ${migrations.length + 1}; pragma wal_checkpoint(truncate);`);
  db.close();
  const before = readFileSync(file);
  assert.throws(() => openDatabase(file), { name: "NewerIndex", message: /install that release or a later one/ });
  assert.throws(() => openDatabase(file), NewerIndex);
  assert.ok(readFileSync(file).equals(before));
});

test("each step and its number are one: what fails leaves the shape of the step before", (t) => {
  const file = newFile(t);
  openDatabase(file).close();
  const add = (db: DatabaseSync): void => db.exec("create table step_two (id integer primary key) strict");
  const fail = (db: DatabaseSync): void => {
    db.exec("create table step_three (id integer primary key) strict; drop table study;");
    throw new Error("step three");
  };
  assert.throws(() => openDatabase(file, [...migrations, add, fail]), /step three/);
  const db = new DatabaseSync(file);
  t.after(() => db.close());
  assert.equal(versionOf(db), migrations.length + 1);
  const tables = db.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[];
  const names = tables.map(({ name }) => name);
  assert.ok(names.includes("step_two") && names.includes("study") && !names.includes("step_three"));
});

test("a step that is killed in the middle leaves the old file good, and is done at the next start", (t) => {
  const file = newFile(t);
  const old = new DatabaseSync(file);
  const { sql } = oldShapes["of the first days"];
  old.exec(sql);
  old.exec(`with recursive n(i) as (select 100 union all select i + 1 from n where i < 20000)
    insert into instance (sopInstanceUid, studyInstanceUid, sha256, segment, offset, sizeBytes, receivedAt, state)
    select '1.2.' || i, '1.2', hex(randomblob(32)), 'a', i, 2, 100, 'queued' from n`);
  old.close();
  const script = path.join(path.dirname(file), "killed.mts");
  const here = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  writeFileSync(
    script,
    `import { migrations } from ${here("../../edge-router/src/spool/migrations.ts")};
     import { openDatabase } from ${here("../../edge-router/src/spool/database.ts")};
     const killed = (db) => { migrations[0](db); process.kill(process.pid, "SIGKILL"); };
     openDatabase(${JSON.stringify(file)}, [killed]);`,
  );
  assert.equal(spawnSync(process.execPath, [script]).signal, "SIGKILL");
  const left = new DatabaseSync(file);
  assert.equal(versionOf(left), 0);
  const { n } = left.prepare("select count(*) as n from instance").get() as { n: number };
  assert.equal(n, 4 + 19_901);
  assert.ok(!shapeOf(left).some((line) => line.startsWith("instance.transferSyntaxUid")));
  left.close();
  const db = openDatabase(file);
  t.after(() => db.close());
  assert.equal(new SpoolIndex(db).queue().instances, 2 + 19_901);
});

test("tables that are not ours are a damaged index, not one to be changed", (t) => {
  const file = newFile(t);
  const other = new DatabaseSync(file);
  other.exec("create table instance (other text); insert into instance values ('x');");
  other.close();
  assert.throws(() => openDatabase(file), DamagedIndex);
});

/** Turns the index of a router that has stopped into one as a router of 0.1.0 would have left it. */
function makeOld(file: string): void {
  const db = new DatabaseSync(file);
  const kept = `sopInstanceUid, studyInstanceUid, sha256, segment, offset, file, sizeBytes, receivedAt, studyReceivedAt, state`;
  db.exec(`attach ':memory:' as was; create table was.instance as select * from instance;
    create table was.study as select * from study;`);
  for (const table of ["instance", "study", "delivery", "meta", "refusal"])
    db.exec(`drop table if exists main.${table}`);
  db.exec(oldShapes["of release 0.1.0"].tables);
  db.exec(`insert into main.instance (${kept}) select ${kept} from was.instance; insert into main.study select * from was.study;
    pragma user_version = 0;`);
  db.close();
}

test("a router of today that is killed at any write of its first start on an old index loses nothing", async (t) => {
  if (!(await hasProgram("strace"))) return t.skip("strace is not installed");
  const edge = await EdgeUnderTest.create();
  t.after(() => edge.remove());
  edge.portal.down = true;
  await edge.start();
  const objects = [makeObject(edge.dir), makeObject(edge.dir, { pixelBytes: 2_000_000 }), makeObject(edge.dir)];
  const paths = objects.map((object) => object.path);
  assert.equal((await edge.storescu([], paths)).code, 0);
  await edge.stop();
  const index = path.join(edge.stateDir, "spool/index.db");
  for (const when of [1, 2, 4, 7, 11, 16]) {
    makeOld(index);
    const inject = `inject=pwrite64:signal=KILL:when=${when}`;
    // It may die while it starts, or live on when it wrote less often.
    await edge
      .start(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e", inject])
      .catch(() => undefined);
    if (edge.exitCode === null) await edge.kill();
    const db = new DatabaseSync(index);
    const { n } = db.prepare("select count(*) as n from instance where state = 'queued'").get() as { n: number };
    assert.ok([0, migrations.length].includes(versionOf(db)));
    db.close();
    assert.equal(n, objects.length, `killed at write ${when}`);
  }
  makeOld(index);
  edge.portal.down = false;
  await edge.start();
  await until("everything is held", () => objects.every((object) => edge.portal.holds(object)));
  for (const { sopInstanceUid, sha256 } of objects)
    assert.equal(edge.portal.held.get(`${sopInstanceUid} ${sha256}`), 1);
});

test("a router that finds the spool of a newer one does not start, says what to do, and status says so too", async (t) => {
  const edge = await EdgeUnderTest.create();
  t.after(() => edge.remove());
  await edge.start();
  await edge.stop();
  const index = path.join(edge.stateDir, "spool/index.db");
  const db = new DatabaseSync(index);
  db.exec(`pragma user_version = ${migrations.length + 7}`);
  db.close();
  await assert.rejects(edge.start(), /newer edge router.*install that release/);
  assert.equal(edge.exitCode, 2);
  assert.equal((await edge.status()).problem, "index-newer");
  assert.match((await edge.cli("status")).output, /A newer edge router has written it/);
});

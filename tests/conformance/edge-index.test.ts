import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, test } from "node:test";
import { makeObject } from "./edge-objects.ts";
import { EdgeUnderTest, until } from "./edge-process.ts";

let edge: EdgeUnderTest;
let spool: string;
let index: string;
beforeEach(async () => {
  edge = await EdgeUnderTest.create();
  spool = path.join(edge.stateDir, "spool");
  index = path.join(spool, "index.db");
});
afterEach(() => edge.remove());

function replaceIndex(bytes: Buffer): void {
  for (const part of ["-wal", "-shm"]) rmSync(`${index}${part}`, { force: true });
  writeFileSync(index, bytes);
}

test("a damaged index is set aside and made anew, and nothing that was received is lost", async () => {
  edge.portal.down = true;
  await edge.start();
  // One lies in a segment, the other has a file of its own.
  const objects = [makeObject(edge.dir), makeObject(edge.dir, { pixelBytes: 3 * 1024 * 1024 })];
  const sent = await edge.storescu(
    [],
    objects.map((object) => object.path),
  );
  assert.equal(sent.code, 0, sent.output);
  await edge.stop();
  replaceIndex(randomBytes(20_000));
  const status = await edge.status();
  assert.deepEqual([status.enrolled, status.problem], [true, "index-unreadable"]);
  edge.portal.down = false;
  await edge.start();
  await until("both are held", () => objects.every((object) => edge.portal.holds(object)));
  assert.match(edge.log, /index was damaged/);
  assert.ok(readdirSync(spool).some((name) => name.startsWith("index.db.damaged-")));
  assert.equal((await edge.status()).problem, null);
});

test("large objects outlive the index also when no journal names them any more", async () => {
  edge.portal.down = true;
  await edge.start();
  const object = makeObject(edge.dir, { pixelBytes: 3 * 1024 * 1024 });
  assert.equal((await edge.storescu([], [object.path])).code, 0);
  await edge.stop();
  replaceIndex(randomBytes(5_000));
  for (const name of readdirSync(path.join(spool, "segments"))) rmSync(path.join(spool, "segments", name));
  edge.portal.down = false;
  await edge.start();
  await until("held", () => edge.portal.holds(object));
});

test("status answers whatever a power cut has left of the index", async () => {
  await edge.start();
  await edge.stop();
  for (const left of [Buffer.alloc(0), Buffer.alloc(4096), randomBytes(100)]) {
    replaceIndex(left);
    const { code, stdout } = await edge.cli("status", "--json");
    assert.equal(code, 0);
    const { enrolled, problem } = JSON.parse(stdout);
    assert.deepEqual([enrolled, problem], [true, "index-unreadable"]);
  }
  rmSync(index);
  const db = new DatabaseSync(index);
  db.exec("pragma journal_mode = wal");
  db.close();
  assert.equal((await edge.status()).enrolled, true);
});

test("after an outage a study that comes now does not wait for the queue, and the queue does not wait for it", async () => {
  edge.portal.down = true;
  await edge.start();
  const old = Array.from({ length: 60 }, () => makeObject(edge.dir));
  await edge.storescu(
    [],
    old.map((object) => object.path),
  );
  const fresh = makeObject(edge.dir);
  await edge.storescu([], [fresh.path]);
  edge.portal.down = false;
  await until("all are held", () => [...old, fresh].every((object) => edge.portal.holds(object)));
  const order = edge.portal.parts.map(({ sopInstanceUid }) => sopInstanceUid);
  assert.ok(
    order.indexOf(fresh.sopInstanceUid) < 20,
    `the new study came as number ${order.indexOf(fresh.sopInstanceUid)}`,
  );
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { openDatabase } from "./database.ts";
import { SpoolIndex } from "./index-db.ts";
import type { RecordMeta } from "./segment.ts";

function newFile(t: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), "overread-index-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return path.join(dir, "index.db");
}
const meta = (transferSyntaxUid: string): RecordMeta => ({
  sopInstanceUid: "1.2.3",
  sopClassUid: "1.2.840.10008.5.1.4.1.1.2",
  transferSyntaxUid,
  studyInstanceUid: "1.2",
  seriesInstanceUid: "1.2.1",
  sha256: "a".repeat(64),
  callingAeTitle: "CT",
  calledAeTitle: "OVERREAD",
  purpose: "read",
  receivedAt: 2,
  headBytes: 1,
  sizeBytes: 2,
});
const lossless = "1.2.840.10008.1.2.4.57";
const firstOrder = "1.2.840.10008.1.2.4.70";

test("the same bytes in two transfer syntaxes are two objects", (t) => {
  const db = openDatabase(newFile(t));
  t.after(() => db.close());
  const index = new SpoolIndex(db);
  assert.equal(index.add({ meta: meta(lossless), segment: "a", offset: 0 }), true);
  assert.equal(index.add({ meta: meta(firstOrder), segment: "a", offset: 1 }), true);
  assert.equal(index.add({ meta: meta(firstOrder), segment: "a", offset: 2 }), false);
  assert.deepEqual(
    index.due(3, 10).map(({ transferSyntaxUid }) => transferSyntaxUid),
    [lossless, firstOrder],
  );
});

test("an index of before the transfer syntax was noted keeps its objects, queued and refused", (t) => {
  const file = newFile(t);
  const old = new DatabaseSync(file);
  old.exec(`
    create table instance (id integer primary key, sopInstanceUid text not null, studyInstanceUid text not null, sha256 text not null,
      segment text, offset integer not null, file text, sizeBytes integer not null, receivedAt integer not null,
      studyReceivedAt integer not null, state text not null, attempts integer not null default 0,
      nextAttemptAt integer not null default 0, reason text, doneAt integer, unique (sopInstanceUid, sha256)) strict;
    create index instance_due on instance (studyReceivedAt, id) where state = 'queued';
    insert into instance values (7, '1.2.3', '1.2', '${"a".repeat(64)}', 'a', 0, null, 2, 1, 1, 'queued', 4, 0, null, null);
    insert into instance values (8, '1.2.4', '1.2', '${"b".repeat(64)}', 'a', 9, null, 2, 1, 1, 'refused', 1, 0, 'why', null);`);
  old.close();
  for (let round = 0; round < 2; round++) {
    const db = openDatabase(file);
    const index = new SpoolIndex(db);
    const known = index.find(meta(lossless));
    assert.deepEqual([known?.id, known?.attempts, known?.transferSyntaxUid], [7, 4, ""]);
    assert.deepEqual(
      index.due(3, 10).map(({ id }) => id),
      [7],
    );
    const { reason } = db.prepare("select reason from instance where id = 8").get() as { reason: string };
    assert.equal(reason, "why");
    const indexes = db.prepare("select name from sqlite_master where name = 'instance_due'").all();
    assert.equal(indexes.length, 1);
    db.close();
  }
});

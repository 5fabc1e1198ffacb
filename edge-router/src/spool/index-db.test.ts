import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
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

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { fromV1 } from "@overread/shared/edge-contract/v2";
import { DeliveryStore } from "../returns/delivery-store.ts";
import { openDatabase } from "./database.ts";
import { SpoolIndex } from "./index-db.ts";
import { migrations } from "./migrations.ts";
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

test("deliveries of the release before kinds wait and are remembered as they were: offer, answer, what was told", (t) => {
  const file = newFile(t);
  const old = openDatabase(file, migrations.slice(0, 1));
  const uids = { studyInstanceUid: "1.2", seriesInstanceUid: "1.2.1", sopInstanceUid: "1.2.1.1" };
  const object = { ...uids, sopClassUid: "1.2.840.10008.5.1.4.1.1.104.1", transferSyntaxUid: "1.2.840.10008.1.2.1" };
  const offer = (deliveryId: string) => ({
    deliveryId,
    ...object,
    dataSetSha256: "a".repeat(64),
    retrievePath: "/dicomweb/lakeside/studies/1.2",
    destination: { aeTitle: "PACS", host: "10.0.0.9", port: 104 },
  });
  const [waiting, stored] = ["01990000-0000-7000-8000-000000000001", "01990000-0000-7000-8000-000000000002"] as const;
  const insert = old.prepare(
    `insert into delivery (deliveryId, offer, state, dimseStatus, reason, attempts, receivedAt, leasedUntil, deliveredAt)
     values (?, ?, ?, ?, ?, 3, 1, 100, ?)`,
  );
  insert.run(waiting, JSON.stringify(offer(waiting)), "waiting", null, "connection-refused", null);
  insert.run(stored, JSON.stringify(offer(stored)), "delivered", 0xb000, null, 7);
  old.close();

  const db = openDatabase(file);
  t.after(() => db.close());
  const store = new DeliveryStore(db);
  const due = store.due(10);
  assert.deepEqual(due, [
    { offer: fromV1(offer(waiting)), state: "waiting", receipt: {}, attempts: 3, deliveredAt: null },
  ]);
  assert.deepEqual(store.unreported(), [
    { offer: fromV1(offer(stored)), state: "delivered", receipt: { dimseStatus: 0xb000 }, attempts: 3, deliveredAt: 7 },
  ]);
  assert.deepEqual(store.summary(), { waiting: 1, lastError: "connection-refused" });
});

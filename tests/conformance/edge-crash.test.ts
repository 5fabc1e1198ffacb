import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { assertNothingLost, orphans, sendWithLedger } from "./edge-ledger.ts";
import { type MadeObject, makeObject, newUid } from "./edge-objects.ts";
import { EdgeUnderTest, until } from "./edge-process.ts";

let edge: EdgeUnderTest;
beforeEach(async () => {
  edge = await EdgeUnderTest.create();
});
afterEach(() => edge.remove());

test("killed again and again in the middle of receiving and forwarding, the edge loses and doubles nothing", async () => {
  const ledger = new Set<MadeObject>();
  for (let round = 0; round < 5; round++) {
    await edge.start();
    const objects = Array.from({ length: 120 }, (_, at) =>
      makeObject(edge.dir, { pixelBytes: at % 40 === 7 ? 1_500_000 : 20_000 }),
    );
    const target = ledger.size + 15 + 15 * round;
    const sending = sendWithLedger(edge, objects, 4, ledger);
    await until("some are acknowledged", () => ledger.size >= target);
    await edge.kill();
    await sending;
  }
  await edge.start();
  await assertNothingLost(edge, ledger);
  assert.ok(ledger.size > 200);
  await until("no orphan is left", () => orphans(edge).length === 0);
  await edge.stop();
  assert.equal(edge.exitCode, 0);
});

test("an outage of the portal delays, and a restart in between changes nothing", async () => {
  const ledger = new Set<MadeObject>();
  edge.portal.down = true;
  await edge.start();
  const studyInstanceUid = newUid();
  await sendWithLedger(
    edge,
    Array.from({ length: 80 }, () => makeObject(edge.dir, { studyInstanceUid })),
    2,
    ledger,
  );
  assert.equal(ledger.size, 80);
  await edge.stop();
  assert.equal((await edge.status()).queue.instances, 80);
  await edge.start();
  assert.equal((await edge.status()).queue.instances, 80);
  edge.portal.down = false;
  await assertNothingLost(edge, ledger);
  await until("told of the study", () => edge.portal.completes.length === 1);
  assert.equal(edge.portal.completes[0]?.instanceCount, 80);
});

test("an answer of the archive that gets lost does not make the object arrive twice", async () => {
  edge.portal.loseAnswers = 3;
  const ledger = new Set<MadeObject>();
  await edge.start();
  await sendWithLedger(
    edge,
    Array.from({ length: 40 }, () => makeObject(edge.dir)),
    2,
    ledger,
  );
  await assertNothingLost(edge, ledger);
});

test("an object that the archive cannot understand is kept, shown, and does not hold up the study", async () => {
  const studyInstanceUid = newUid();
  const objects = Array.from({ length: 5 }, () => makeObject(edge.dir, { studyInstanceUid }));
  edge.portal.refuse.set(objects[2]!.sopInstanceUid, 0xc123);
  await edge.start();
  await sendWithLedger(edge, objects, 1, new Set());
  await until("told of the study", () => edge.portal.completes.length === 1);
  assert.equal(edge.portal.completes[0]?.instanceCount, 4);
  await until("heartbeat tells", () => edge.portal.heartbeats.at(-1)?.refused === 1);
  const status = await edge.status();
  const { sopInstanceUid } = objects[2]!;
  assert.equal(status.refused.count, 1);
  const { at, callingAeTitle, ...item } = status.refused.items[0]!;
  assert.deepEqual(item, { sopInstanceUid, studyInstanceUid, reason: "archive-c123" });
  assert.ok(at && callingAeTitle);
});

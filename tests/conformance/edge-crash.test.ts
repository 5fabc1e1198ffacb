import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { openStoreAssociation } from "../../edge-router/src/dimse/scu.ts";
import { type MadeObject, makeObject, newUid } from "./edge-objects.ts";
import { EdgeUnderTest, hasProgram, until } from "./edge-process.ts";

let edge: EdgeUnderTest;
beforeEach(async () => {
  edge = await EdgeUnderTest.create();
});
afterEach(() => edge.remove());

const peer = () => ({
  host: "127.0.0.1",
  port: edge.port,
  calledAeTitle: "OVERREAD",
  callingAeTitle: "LEDGER",
  answerMs: 10_000,
});

/** Sends until it cannot, on several associations; what was acknowledged goes into the ledger, which is the sender's. */
async function send(objects: MadeObject[], associations: number, ledger: Set<MadeObject>): Promise<void> {
  const queue = [...objects];
  const sendSome = async (): Promise<void> => {
    try {
      const association = await openStoreAssociation({ ...peer(), files: objects.slice(0, 1) });
      for (let next = queue.shift(); next; next = queue.shift())
        if ((await association.store(next)) === 0) ledger.add(next);
      await association.release();
    } catch {
      // The edge was killed: what has no answer is not in the ledger.
    }
  };
  await Promise.all(Array.from({ length: associations }, sendSome));
}

async function assertNothingLost(ledger: Set<MadeObject>): Promise<void> {
  await until("the spool is drained", async () => (await edge.status()).queue.instances === 0, 60_000);
  const lost = [...ledger].filter((object) => !edge.portal.holds(object));
  assert.equal(lost.length, 0, "acknowledged, but not in the archive");
  const doubled = [...edge.portal.held].filter(([, times]) => times > 1);
  assert.equal(doubled.length, 0, "brought to the archive twice");
}

const orphans = (): string[] =>
  ["incoming", "objects"].flatMap((name) => readdirSync(path.join(edge.stateDir, "spool", name)));

test("killed again and again in the middle of receiving and forwarding, the edge loses and doubles nothing", async () => {
  const ledger = new Set<MadeObject>();
  for (let round = 0; round < 6; round++) {
    await edge.start();
    const objects = Array.from({ length: 120 }, (_, at) =>
      makeObject(edge.dir, { pixelBytes: at % 40 === 7 ? 1_500_000 : 20_000 }),
    );
    const target = ledger.size + 15 + 15 * round;
    const sending = send(objects, 4, ledger);
    await until("some are acknowledged", () => ledger.size >= target);
    await edge.kill();
    await sending;
  }
  await edge.start();
  await assertNothingLost(ledger);
  assert.ok(ledger.size > 300);
  await until("no orphan is left", () => orphans().length === 0);
  await edge.stop();
  assert.equal(edge.exitCode, 0);
});

test("an outage of the portal delays, and a restart in between changes nothing", async () => {
  const ledger = new Set<MadeObject>();
  edge.portal.down = true;
  await edge.start();
  const studyInstanceUid = newUid();
  await send(
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
  await assertNothingLost(ledger);
  await until("told of the study", () => edge.portal.completes.length === 1);
  assert.equal(edge.portal.completes[0]?.instanceCount, 80);
});

test("an answer of the archive that gets lost does not make the object arrive twice", async () => {
  edge.portal.loseAnswers = 3;
  const ledger = new Set<MadeObject>();
  await edge.start();
  await send(
    Array.from({ length: 40 }, () => makeObject(edge.dir)),
    2,
    ledger,
  );
  await assertNothingLost(ledger);
});

test("an object that the archive cannot understand is kept, shown, and does not hold up the study", async () => {
  const studyInstanceUid = newUid();
  const objects = Array.from({ length: 5 }, () => makeObject(edge.dir, { studyInstanceUid }));
  edge.portal.refuse.set(objects[2]!.sopInstanceUid, 0xc123);
  await edge.start();
  await send(objects, 1, new Set());
  await until("told of the study", () => edge.portal.completes.length === 1);
  assert.equal(edge.portal.completes[0]?.instanceCount, 4);
  await until("heartbeat tells", () => edge.portal.heartbeats.at(-1)?.refused === 1);
  const status = await edge.status();
  assert.deepEqual(status.refused, {
    count: 1,
    instances: [{ sopInstanceUid: objects[2]!.sopInstanceUid, studyInstanceUid, reason: "archive-c123" }],
  });
});

for (const call of ["fdatasync", "pwritev", "fsync", "rename", "write"])
  test(`killed at any ${call} of a store, the edge loses and doubles nothing`, async (t) => {
    if (!(await hasProgram("strace"))) return t.skip("strace is not installed");
    const ledger = new Set<MadeObject>();
    for (let when = 1; when <= 6; when++) {
      const inject = `inject=${call}:signal=KILL:when=${when + (call === "write" ? 12 : 2)}`;
      try {
        await edge.start(["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject]);
      } catch {
        // It died while starting: also a point of time.
      }
      const objects = [20_000, 1_200_000, 20_000].map((pixelBytes) => makeObject(edge.dir, { pixelBytes }));
      await send(objects, 2, ledger);
      if (edge.exitCode === null) await edge.kill();
    }
    await edge.start();
    await assertNothingLost(ledger);
    await until("no orphan is left", () => orphans().length === 0);
  });

test("success is answered only after the data, its name and its record are synced", async (t) => {
  if (!(await hasProgram("strace"))) return t.skip("strace is not installed");
  const trace = path.join(edge.dir, "trace");
  const calls = "trace=pwritev,pwrite64,writev,write,fdatasync,fsync,rename,sendto,sendmsg";
  edge.portal.down = true;
  await edge.start(["strace", "-f", "-qq", "-y", "-x", "-s", "300", "-o", trace, "-e", calls]);
  const ledger = new Set<MadeObject>();
  const objects = Array.from({ length: 150 }, (_, at) =>
    makeObject(edge.dir, { pixelBytes: at % 10 === 0 ? 1_300_000 : 20_000 }),
  );
  await send(objects, 1, ledger);
  assert.equal(ledger.size, 150);
  await edge.stop();
  assert.deepEqual(checkOrder(readFileSync(trace, "latin1")), { answers: 150, files: 15, faults: [] });
});

test("after a sync that failed nothing is acknowledged and the process ends with an error", async (t) => {
  if (!(await hasProgram("strace"))) return t.skip("strace is not installed");
  edge.portal.down = true;
  await edge.start(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=4+"]);
  const ledger = new Set<MadeObject>();
  await send(
    Array.from({ length: 200 }, () => makeObject(edge.dir)),
    2,
    ledger,
  );
  await until("the process ends", () => edge.exitCode !== null);
  assert.notEqual(edge.exitCode, 0);
  assert.ok(ledger.size < 200);
  await edge.start();
  edge.portal.down = false;
  await assertNothingLost(ledger);
});

/** Reads a trace of one association: between two answers everything must have been synced, in the right order. */
function checkOrder(trace: string): { answers: number; files: number; faults: string[] } {
  const response = "\\x00\\x00\\x00\\x01\\x02\\x00\\x00\\x00\\x01\\x80";
  const started = new Map<string, string>();
  const faults: string[] = [];
  let answers = 0;
  let files = 0;
  let steps: string[] = [];
  for (const line of trace.split("\n")) {
    const [, pid = "", rest = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    // Calls count when they have returned, answers when they begin.
    const text = rest.includes("resumed>") ? (started.get(pid) ?? "") : rest;
    if (rest.includes("<unfinished") && !rest.includes(response)) {
      started.set(pid, rest);
      continue;
    }
    if (/^(write|writev|sendto|sendmsg)\(\d+<(socket|TCP)/.test(text) && text.includes(response)) {
      if (rest.includes("resumed>")) continue;
      answers++;
      const order = steps.join(" ");
      if (order.includes("file") && !/file-sync rename dir-sync (\S+ )*record record-sync$/.test(order))
        faults.push(order);
      else if (!/record record-sync$/.test(order)) faults.push(order);
      if (order.includes("file-sync")) files++;
      steps = [];
    } else if (/^pwritev?6?4?\(\d+<[^>]*\.seg/.test(text)) steps.push("record");
    else if (/^fdatasync\(\d+<[^>]*\.seg/.test(text)) steps.push("record-sync");
    else if (/^fsync\(\d+<[^>]*\/incoming\//.test(text)) steps.push("file-sync");
    else if (/^rename\(/.test(text)) steps.push("rename");
    else if (/^fsync\(\d+<[^>]*\/objects>/.test(text)) steps.push("dir-sync");
  }
  return { answers, files, faults };
}

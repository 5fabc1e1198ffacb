import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { assertNothingLost, orphans, sendWithLedger } from "./edge-ledger.ts";
import { type MadeObject, makeObject } from "./edge-objects.ts";
import { EdgeUnderTest, hasProgram, until } from "./edge-process.ts";

let edge: EdgeUnderTest;
beforeEach(async () => {
  edge = await EdgeUnderTest.create();
});
afterEach(() => edge.remove());

for (const call of ["fdatasync", "pwritev", "fsync", "rename", "write"])
  test(`killed at any ${call} of a store, the edge loses and doubles nothing`, async (t) => {
    if (!(await hasProgram("strace"))) return t.skip("strace is not installed");
    const ledger = new Set<MadeObject>();
    for (let when = 1; when <= 5; when++) {
      const inject = `inject=${call}:signal=KILL:when=${when + (call === "write" ? 12 : 2)}`;
      try {
        await edge.start(["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject]);
      } catch {
        // It died while starting: also a point of time.
      }
      const objects = [20_000, 1_200_000, 20_000].map((pixelBytes) => makeObject(edge.dir, { pixelBytes }));
      await sendWithLedger(edge, objects, 2, ledger);
      if (edge.exitCode === null) await edge.kill();
    }
    await edge.start();
    await assertNothingLost(edge, ledger);
    await until("no orphan is left", () => orphans(edge).length === 0);
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
  await sendWithLedger(edge, objects, 1, ledger);
  assert.equal(ledger.size, 150);
  await edge.stop();
  assert.deepEqual(checkOrder(readFileSync(trace, "latin1")), { answers: 150, files: 15, faults: [] });
});

test("after a sync that failed nothing is acknowledged and the process ends with an error", async (t) => {
  if (!(await hasProgram("strace"))) return t.skip("strace is not installed");
  edge.portal.down = true;
  await edge.start(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fdatasync:error=EIO:when=4+"]);
  const ledger = new Set<MadeObject>();
  await sendWithLedger(
    edge,
    Array.from({ length: 200 }, () => makeObject(edge.dir)),
    2,
    ledger,
  );
  await until("the process ends", () => edge.exitCode !== null);
  assert.notEqual(edge.exitCode, 0);
  assert.ok(ledger.size < 200);
  await edge.start();
  edge.portal.down = false;
  await assertNothingLost(edge, ledger);
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

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { readInstance } from "@overread/shared/dicom/part10";
import { makeStudy } from "#server/demo/modality-simulator/index.ts";
import { run } from "../support/run.ts";
import { type PortalClient, signIn } from "./support/portal.ts";
import { type Stack, startStack, until } from "./support/stack.ts";

/**
 * Reliability rows 1, 8, 10: processes die in the middle of sending. The ledger is kept outside the system, from what
 * DCMTK's storescu was told; afterwards it is compared with what the archive gives back.
 */
const instances = 600;
let stack: Stack;
let radiologist: PortalClient;
const folder = mkdtempSync(path.join(os.tmpdir(), "overread-crash-"));

before(async () => {
  stack = await startStack();
  radiologist = await signIn(stack.baseUrl, "radiologist@nightshift.example", stack.demoPassword);
});
after(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function dataSetSha256(bytes: Buffer): Promise<string> {
  const file = path.join(folder, "probe.tmp");
  writeFileSync(file, bytes);
  const { dataSetOffset } = await readInstance({ path: file });
  rmSync(file);
  return createHash("sha256").update(bytes.subarray(dataSetOffset)).digest("hex");
}

/** Sends files by storescu and returns those for which it reports a success response. */
async function send(files: string[]): Promise<string[]> {
  const { stdout, stderr } = await run("storescu", [
    "-v",
    "-R",
    "-xs",
    "-aet",
    "CRASH_CT",
    "-aec",
    stack.edgeAet,
    "127.0.0.1",
    String(stack.dimsePort),
    ...files,
  ]);
  const acknowledged: string[] = [];
  let current: string | undefined;
  for (const line of `${stdout}\n${stderr}`.split("\n")) {
    const sending = /Sending file: (.+)$/.exec(line);
    if (sending) current = sending[1]?.trim();
    else if (/Received Store Response \(Success\)/.test(line) && current) acknowledged.push(current);
  }
  return acknowledged;
}

test("killing edge router, dicomweb, worker and Redis while 600 images are sent loses none and doubles none", async () => {
  const study = makeStudy("chest-ct", { seed: "crash", slices: instances, matrix: 64 });
  const sent = new Map<string, string>();
  for (const file of study.files()) {
    const target = path.join(folder, `${file.sopInstanceUid}.dcm`);
    writeFileSync(target, file.part10);
    sent.set(file.sopInstanceUid, await dataSetSha256(file.part10));
  }
  const ledger = new Set<string>();
  const victims = ["edge", "dicomweb", "edge", "Redis", "worker", "edge", "dicomweb"];
  const waiting = new Set(readdirSync(folder).map((name) => path.join(folder, name)));
  assert.equal(waiting.size, instances);

  while (waiting.size > 0) {
    // The scanner sends while a process dies under it; what was not acknowledged it sends again, as scanners do.
    const sending = send([...waiting].slice(0, 150));
    const victim = victims.shift();
    const killed = victim ? stack.pids()[victim] : undefined;
    if (victim) {
      await new Promise((resolve) => setTimeout(resolve, 60 + Math.random() * 400)); // a random moment is the point of the test
      stack.kill(victim);
    }
    for (const file of await sending) {
      ledger.add(path.basename(file, ".dcm"));
      waiting.delete(file);
    }
    if (victim)
      await until(`${victim} being back`, async () => {
        const pid = stack.pids()[victim];
        const echo = await run("echoscu", ["-aec", stack.edgeAet, "127.0.0.1", String(stack.dimsePort)]);
        return pid && pid !== killed && echo.code === 0;
      });
  }
  assert.equal(ledger.size, instances);

  const root = `/dicomweb/lakeside/studies/${study.studyInstanceUid}`;
  const held = await until(
    "every acknowledged image being in the archive",
    async () => {
      const response = await radiologist.fetch(`${root}/instances?limit=2000`);
      if (response.status !== 200) return null;
      const found = (await response.json()) as Record<string, { Value?: string[] }>[];
      return found.length >= instances ? found : null;
    },
    { deadlineMs: 300_000, everyMs: 500 },
  );
  assert.equal(held.length, instances, "no image twice");
  assert.deepEqual(new Set(held.map((item) => item["00080018"]?.Value?.[0])), ledger);

  let compared = 0;
  for (const item of held) {
    const series = item["0020000E"]?.Value?.[0];
    const uid = item["00080018"]?.Value?.[0] ?? "";
    const response = await radiologist.fetch(`${root}/series/${series}/instances/${uid}`, {
      headers: { accept: "application/dicom; transfer-syntax=*" },
    });
    assert.equal(response.status, 200);
    assert.equal(await dataSetSha256(Buffer.from(await response.arrayBuffer())), sent.get(uid), `data set of ${uid}`);
    compared++;
  }
  assert.equal(compared, instances);

  const item = await until(
    "the case arriving with all its images",
    async () => {
      const { items } = await radiologist.query<{
        items: { studyInstanceUid: string; state: string; images: { received: number } }[];
      }>("worklist.list", {});
      const found = items.filter((i) => i.studyInstanceUid === study.studyInstanceUid);
      assert.ok(found.length <= 1, "one study is one case");
      return found[0]?.state === "unread" && found[0].images.received === instances ? found[0] : null;
    },
    { everyMs: 500 },
  );
  assert.equal(item.state, "unread");
});

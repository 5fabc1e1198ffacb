import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { patienceMs } from "../support/patience.ts";

const strace = spawnSync("strace", ["-V"]).status === 0;
const skip = strace ? false : "strace is not installed";
const storeModule = new URL("../../src/server/storage/file/file-store.ts", import.meta.url).href;
const keysModule = new URL("../../src/server/storage/keys.ts", import.meta.url).href;

/** The two ways to the disk: objects of any kind, and instances that wait in memory. */
const ways = {
  object: `const key = instanceKey(org, createHash("sha256").update(bytes).digest("hex"), syntax);
      return store.put(key, [bytes.subarray(0, 1), bytes.subarray(1)]);`,
  instance: `const shared = Buffer.from(new SharedArrayBuffer(bytes.length));
      shared.set(bytes);
      return store.putInstance({ orgId: org, transferSyntaxUid: syntax }, new Uint8Array(3), shared).then(({ durable }) => durable);`,
};
type Way = keyof typeof ways;

/** Stores `count` objects in a process of its own under strace, one after the other; says of each what was answered. */
async function storeUnder(t: TestContext, way: Way, straceOptions: string[], count: number, after = "") {
  const root = mkdtempSync(path.join(tmpdir(), "overread-sync-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const trace = path.join(root, "trace");
  const program = `
    import { FileStore } from ${JSON.stringify(storeModule)};
    import { instanceKey } from ${JSON.stringify(keysModule)};
    import { createHash } from "node:crypto";
    const store = new FileStore(${JSON.stringify(path.join(root, "objects"))}, { reserveBytes: 0, owner: "test." + process.pid });
    const org = "0190f000-0000-7000-8000-000000000001";
    const syntax = "1.2.840.10008.1.2.1";
    const put = (bytes) => {
      ${ways[way]}
    };
    for (let i = 0; i < ${count}; i++) {
      const answer = await put(Buffer.from("object " + i)).then(() => "stored", (error) => error.code);
      process.stdout.write("ANSWER " + answer + "\\n");
    }
    ${after}`;
  const file = path.join(root, "store.mjs");
  writeFileSync(file, program);
  const child = spawn(
    "strace",
    [
      "-f",
      "-o",
      trace,
      "-s",
      "200",
      "-e",
      "trace=fsync,fdatasync,rename,renameat,renameat2,write,writev,pwrite64,pwritev",
      ...straceOptions,
      process.execPath,
      file,
    ],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" } },
  );
  let out = "";
  child.stdout.on("data", (data: Buffer) => {
    out += data.toString();
  });
  child.stderr.resume();
  await new Promise((resolve) => child.on("close", resolve));
  const answers = [...out.matchAll(/ANSWER (\S+)/g)].map(([, answer]) => answer);
  return { root, answers, trace: readFileSync(trace, "utf8") };
}

const temporaries = (root: string): string[] =>
  existsSync(path.join(root, "objects/tmp")) ? readdirSync(path.join(root, "objects/tmp")) : [];

/** What strace shows: calls of several threads may be split in two lines; what counts is the end of each. */
function eventsOf(trace: string): string[] {
  const events: string[] = [];
  for (const line of trace.split("\n")) {
    if (/(fsync|fdatasync)(\(| resumed>).*= 0$/.test(line)) events.push("sync");
    else if (/rename\w*(\(| resumed>).*= 0$/.test(line)) events.push("rename");
    else if (/write\w*\(1, .*ANSWER stored/.test(line)) events.push("answer");
    else if (/writev(\(| resumed>).*object \d/.test(line)) events.push("bytes");
  }
  return events;
}

/** The events before each answer. */
function beforeAnswers(trace: string): string[][] {
  const answers: string[][] = [];
  let since: string[] = [];
  for (const event of eventsOf(trace))
    if (event === "answer") {
      answers.push(since);
      since = [];
    } else since.push(event);
  return answers;
}

test("an object is answered only behind the syncs of its bytes and of its name", { skip }, async (t) => {
  const { answers, trace } = await storeUnder(t, "object", [], 20);
  assert.deepEqual(answers, Array(20).fill("stored"));
  const checked = beforeAnswers(trace);
  for (const since of checked) {
    const renamed = since.lastIndexOf("rename");
    assert.ok(renamed > 0 && since.slice(0, renamed).includes("sync"), `no sync before the name: ${since}`);
    assert.ok(since.slice(renamed).includes("sync"), `no sync of the directory: ${since}`);
  }
  assert.equal(checked.length, 20);
});

test("an instance is answered only behind the syncs of its bytes and of its directory", { skip }, async (t) => {
  const { answers, trace } = await storeUnder(t, "instance", [], 20);
  assert.deepEqual(answers, Array(20).fill("stored"));
  const checked = beforeAnswers(trace);
  for (const since of checked) {
    const behind = since.slice(since.lastIndexOf("bytes"));
    assert.equal(behind[0], "bytes");
    assert.equal(behind.filter((event) => event === "sync").length, 2, `file and directory: ${since}`);
  }
  assert.equal(checked.length, 20);
});

for (const way of Object.keys(ways) as Way[]) {
  test(`after a sync that failed nothing more is answered as stored (${way})`, { skip }, async (t) => {
    const { root, answers } = await storeUnder(t, way, ["-e", "inject=fsync:error=EIO:when=12+"], 20);
    assert.equal(answers.length, 20);
    const failed = answers.indexOf("storage.unavailable");
    assert.ok(failed >= 0, answers.join(" "));
    assert.deepEqual(answers.slice(failed), Array(20 - failed).fill("storage.unavailable"));
    assert.deepEqual(temporaries(root), []);
  });

  test(`a disk that fills up refuses, and takes again when there is room (${way})`, { skip }, async (t) => {
    const { root, answers } = await storeUnder(t, way, ["-e", "inject=writev:error=ENOSPC:when=2..3"], 40);
    assert.equal(answers.length, 40);
    assert.ok(answers.includes("storage.full"), answers.join(" "));
    assert.equal(answers.at(-1), "stored");
    assert.deepEqual(temporaries(root), []);
  });
}

/** Goes on until an object is taken again; says when. */
const untilTaken = `
    const giveUp = Date.now() + ${patienceMs};
    for (let i = 0; Date.now() < giveUp; i++) {
      const answer = await put(Buffer.from("later " + i)).then(() => "stored", (error) => error.code);
      if (answer === "stored") { process.stdout.write("ANSWER again\\n"); break; }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }`;

for (const way of Object.keys(ways) as Way[])
  test(`a disk that is well again is used again without a restart (${way})`, { skip }, async (t) => {
    const { root, answers } = await storeUnder(t, way, ["-e", "inject=fsync:error=EIO:when=12..13"], 20, untilTaken);
    const failed = answers.indexOf("storage.unavailable");
    assert.ok(failed >= 0, answers.join(" "));
    assert.equal(answers.at(-1), "again", answers.join(" "));
    assert.deepEqual(
      readdirSync(path.join(root, "objects")).filter((name) => name.endsWith(".trial")),
      [],
      "the trial leaves nothing",
    );
  });

test("bytes that are there already are written again before they count as durable", { skip }, async (t) => {
  // After a sync that failed the kernel may show bytes it has given up writing.
  const again = `await put(Buffer.from("object 0"));
    process.stdout.write("ANSWER stored\\n");`;
  const { trace } = await storeUnder(t, "instance", [], 1, again);
  const [, resent] = trace.split(/ANSWER stored/);
  assert.match(resent ?? "", /pwrite64\(\d+, "object 0"/);
  assert.ok((resent ?? "").lastIndexOf("fsync(") > (resent ?? "").indexOf("pwrite64("), "and synced behind it");
});

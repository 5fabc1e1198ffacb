import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { instanceKey } from "#server/storage/keys.ts";
import { FileStore } from "./file-store.ts";

const orgId = "0190f000-0000-7000-8000-000000000001";
const transferSyntaxUid = "1.2.840.10008.1.2.1";
const owner = { orgId, transferSyntaxUid };
const keyOf = (bytes: Uint8Array): string =>
  instanceKey(orgId, createHash("sha256").update(bytes).digest("hex"), transferSyntaxUid);
function newStore(t: TestContext, { reserveBytes = 0 } = {}): { root: string; store: FileStore } {
  const root = mkdtempSync(path.join(tmpdir(), "overread-store-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return { root, store: new FileStore(root, { reserveBytes, owner: `host.${process.pid}` }) };
}
const isCode = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const temporaries = (root: string): string[] =>
  existsSync(path.join(root, "tmp")) ? readdirSync(path.join(root, "tmp")) : [];
const old = new Date(Date.now() - 3 * 3_600_000);

test("an object is a file under its key, and leaves no temporary file", async (t) => {
  const { root, store } = newStore(t);
  const bytes = Buffer.from("a data set");
  const upload = await store.beginUpload();
  await upload.write([bytes.subarray(0, 4), bytes.subarray(4)]);
  await upload.complete(keyOf(bytes));
  assert.deepEqual(readFileSync(path.join(root, keyOf(bytes))), bytes);
  assert.deepEqual(temporaries(root), []);
});

test("an object that is closed while it is read lets go of its file behind the read, and is not read any more", async (t) => {
  const { root, store } = newStore(t);
  const bytes = Buffer.alloc(500_000, 7);
  await store.put(keyOf(bytes), bytes);
  const file = path.join(root, keyOf(bytes));
  const descriptors = (): number =>
    readdirSync("/proc/self/fd").filter((fd) => linkOf(`/proc/self/fd/${fd}`) === file).length;
  const object = await store.open(keyOf(bytes));
  assert.equal(descriptors(), 1);
  const [one, two] = [Buffer.alloc(bytes.length), Buffer.alloc(bytes.length)];
  const reading = [object.read(one, 0, one.length, 0), object.read(two, 0, two.length, 0)];
  await object.close();
  assert.equal(descriptors(), 1, "another file must not get its number yet");
  await Promise.all(reading);
  assert.ok(one.equals(bytes) && two.equals(bytes));
  assert.equal(descriptors(), 0);
  await object.close();
  await assert.rejects(object.read(one, 0, 1, 0), /closed/);
  await assert.rejects(object.identify(), /closed/);
});

test("the same bytes are kept once, however many bring them at a time", async (t) => {
  const { root, store } = newStore(t);
  const bytes = Buffer.alloc(50_000, 7);
  await Promise.all(
    Array.from({ length: 20 }, () => store.put(keyOf(bytes), [bytes.subarray(0, 9), bytes.subarray(9)])),
  );
  assert.deepEqual(readFileSync(path.join(root, keyOf(bytes))), bytes);
  assert.equal(readdirSync(path.dirname(path.join(root, keyOf(bytes)))).length, 1);
  assert.deepEqual(temporaries(root), []);
});

test("a file of the wrong size under the key is replaced", async (t) => {
  const { root, store } = newStore(t);
  const bytes = Buffer.from("whole");
  await store.put(keyOf(bytes), bytes);
  writeFileSync(path.join(root, keyOf(bytes)), "wh");
  await store.put(keyOf(bytes), bytes);
  assert.deepEqual(readFileSync(path.join(root, keyOf(bytes))), bytes);
});

const shared = (bytes: Uint8Array): Buffer => {
  const buffer = Buffer.from(new SharedArrayBuffer(bytes.length));
  buffer.set(bytes);
  return buffer;
};
const head = new Uint8Array([1, 2, 3]);

test("an instance is named after its data set and kept behind its head", async (t) => {
  const { root, store } = newStore(t);
  const dataSet = Buffer.alloc(50_000, 7);
  const stored = await store.putInstance(owner, head, shared(dataSet));
  await stored.durable;
  assert.equal(stored.key, keyOf(dataSet));
  assert.deepEqual(readFileSync(path.join(root, stored.key)), Buffer.concat([head, dataSet]));
});

test("an instance that many bring at a time is kept once, and whole when the first is told so", async (t) => {
  const { root, store } = newStore(t);
  const dataSet = Buffer.alloc(300_000, 7);
  const whole = Buffer.concat([head, dataSet]);
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const { key, durable } = await store.putInstance(owner, head, shared(dataSet));
      await durable;
      assert.ok(readFileSync(path.join(root, key)).equals(whole));
    }),
  );
  assert.equal(readdirSync(path.dirname(path.join(root, keyOf(dataSet)))).length, 1);
  assert.deepEqual(temporaries(root), []);
});

test("what a crash left under an instance's name is replaced, even when its length is right", async (t) => {
  const { root, store } = newStore(t);
  const dataSet = Buffer.from("a data set");
  const whole = Buffer.concat([head, dataSet]);
  for (const torn of [Buffer.alloc(0), Buffer.alloc(whole.length)]) {
    mkdirSync(path.dirname(path.join(root, keyOf(dataSet))), { recursive: true });
    writeFileSync(path.join(root, keyOf(dataSet)), torn);
    await (await store.putInstance(owner, head, shared(dataSet))).durable;
    assert.deepEqual(readFileSync(path.join(root, keyOf(dataSet))), whole);
    assert.deepEqual(temporaries(root), []);
  }
});

test("a folder that was taken away and is back is used again without a restart", async (t) => {
  const { root, store } = newStore(t);
  const dataSet = Buffer.from("a data set");
  const put = async () => (await store.putInstance(owner, head, shared(dataSet))).durable;
  await put();
  await store.put(keyOf(dataSet), dataSet);
  rmSync(root, { recursive: true });
  mkdirSync(root);
  // The first may find it gone; nobody after that.
  await put().catch(() => {});
  await store.put(keyOf(Buffer.from("x")), Buffer.from("x")).catch(() => {});
  await put();
  await store.put(keyOf(Buffer.from("y")), Buffer.from("y"));
  assert.deepEqual(readFileSync(path.join(root, keyOf(dataSet))), Buffer.concat([head, dataSet]));
});

test("nothing is written below the reserve", async (t) => {
  const { root, store } = newStore(t, { reserveBytes: 2 ** 52 });
  await assert.rejects(store.beginUpload(), isCode("storage.full"));
  await assert.rejects(store.put(keyOf(Buffer.from("x")), Buffer.from("x")), isCode("storage.full"));
  await assert.rejects(store.putInstance(owner, head, shared(Buffer.from("x"))), isCode("storage.full"));
  assert.deepEqual(readdirSync(root), []);
});

test("a key that is not of the server's making is refused", async (t) => {
  const { store } = newStore(t);
  await store.put(keyOf(Buffer.from("x")), Buffer.from("x"));
  assert.throws(() => instanceKey("../..", "0".repeat(64), transferSyntaxUid), TypeError);
  assert.throws(() => instanceKey(orgId, "0".repeat(64), "1.2/../3"), TypeError);
  assert.throws(() => instanceKey(orgId, "../../etc/passwd", transferSyntaxUid), TypeError);
  await assert.rejects(store.open("../outside"), TypeError);
  await assert.rejects(store.open(instanceKey(orgId, "0".repeat(64), transferSyntaxUid)), isCode("storage.corrupt"));
});

test("the sweep takes what dead processes left, and spares the living", async (t) => {
  const { root, store } = newStore(t);
  const mine = await store.beginUpload();
  const dead = spawnSync("true").pid;
  for (const name of [`host.${dead}.1.part`, `host.${process.ppid}.1.part`, "elsewhere.1.1.part"])
    writeFileSync(path.join(root, "tmp", name), "x");
  assert.equal(await store.sweepUploads(), 1);
  assert.deepEqual(
    temporaries(root).sort(),
    [`host.${process.pid}.1.part`, `host.${process.ppid}.1.part`, "elsewhere.1.1.part"].sort(),
  );
  await mine.abort();
});

test("the sweep takes old objects that no row knows, and gives back one that is wanted meanwhile", async (t) => {
  const { root, store } = newStore(t);
  const [known, fresh, orphan, wanted] = ["known", "fresh", "orphan", "wanted"].map((text) => Buffer.from(text)) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  for (const bytes of [known, fresh, orphan, wanted]) await store.put(keyOf(bytes), bytes);
  for (const bytes of [known, orphan, wanted]) utimesSync(path.join(root, keyOf(bytes)), old, old);
  const orphans = await store.sweepObjects(async (keys) => {
    // Stored again between the look at the index and the removal.
    if (keys.includes(keyOf(wanted))) await store.put(keyOf(wanted), wanted);
    return new Set(keys.filter((key) => key === keyOf(known)));
  });
  assert.equal(orphans, 1);
  const there = [known, fresh, orphan, wanted].map((bytes) => existsSync(path.join(root, keyOf(bytes))));
  assert.deepEqual(there, [true, true, false, true]);
  assert.ok(statSync(path.join(root, keyOf(wanted))).mtimeMs > old.getTime());
});

test("an old orphan that is stored again while the sweep takes it away is there when its sender is told so", async (t) => {
  const { root, store } = newStore(t);
  // So large that the writer compares for a while what lies there.
  const bytes = shared(Buffer.alloc(48 << 20, 7));
  const put = async () => (await store.putInstance(owner, head, bytes)).durable;
  await put();
  const file = path.join(root, keyOf(bytes));
  const isComparing = () => readdirSync("/proc/self/fd").some((fd) => linkOf(`/proc/self/fd/${fd}`) === file);
  let taken = 0;
  // A sweep that comes too late finds the file young, and takes nothing.
  for (let round = 0; round < 20 && taken === 0; round++) {
    utimesSync(file, old, old);
    let again = Promise.resolve();
    taken = await store.sweepObjects(async () => {
      let settled = false;
      again = put().finally(() => {
        settled = true;
      });
      while (!isComparing() && !settled) await new Promise((resolve) => setTimeout(resolve, 1));
      return new Set();
    });
    await again;
    assert.ok(existsSync(file), "its sender was told so, and it is gone");
    assert.equal(statSync(file).size, head.byteLength + bytes.byteLength);
  }
  assert.equal(taken, 1, "the sweep never came in time");
});

function linkOf(fd: string): string | null {
  try {
    return readlinkSync(fd);
  } catch {
    return null;
  }
}

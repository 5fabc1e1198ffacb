import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { FileStore } from "#server/storage/file/file-store.ts";
import { instanceKey, metadataKey, reportPdfKey } from "#server/storage/keys.ts";
import { copyThroughUpload, type ObjectStore } from "#server/storage/object-store.ts";
import { run } from "../support/run.ts";
import { isCode, pattern, sha256, storeAt, syntax, takeCredentials, uploads } from "../support/stores.ts";
import { type Swift, startSwift } from "../support/swift.ts";

/** A store to try, and the means to change what it holds behind its back. */
type Tried = {
  store: ObjectStore;
  /** Puts other bytes where an object lies, as a failing medium would. */
  damage(key: string, bytes: Buffer): Promise<void>;
  /** Of writers at the same moment one is told that it was first. */
  conditional: boolean;
  /** Takes the whole store away, and brings it back. */
  away(while_: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

const stores: [name: string, make: () => Promise<Tried>][] = [
  ["files", fileStore],
  ["S3", () => bucket(true)],
  ["S3 without conditional puts", () => bucket(false)],
];

async function fileStore(): Promise<Tried> {
  const root = mkdtempSync(path.join(tmpdir(), "overread-contract-"));
  return {
    store: new FileStore(path.join(root, "objects"), { reserveBytes: 0, owner: `host.${process.pid}` }),
    conditional: true,
    damage: async (key, bytes) => {
      mkdirSync(path.dirname(path.join(root, "objects", key)), { recursive: true });
      writeFileSync(path.join(root, "objects", key), bytes);
    },
    away: async (while_) => {
      renameSync(path.join(root, "objects"), path.join(root, "not-mounted"));
      try {
        await while_();
      } finally {
        rmSync(path.join(root, "objects"), { recursive: true, force: true });
        renameSync(path.join(root, "not-mounted"), path.join(root, "objects"));
      }
    },
    close: async () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Both are started at once, and each serves all that is asked of it here. */
const servers = [true, false].map((conditional) => ({ conditional, swift: startSwift(["archive"], { conditional }) }));
const swiftWith = async (conditional: boolean): Promise<Swift> => {
  const swift = await servers.find((server) => server.conditional === conditional)?.swift;
  assert.ok(swift);
  takeCredentials(swift);
  return swift;
};
after(async () => {
  for (const { swift } of servers) await (await swift).close();
});

async function bucket(conditional: boolean): Promise<Tried> {
  const swift = await swiftWith(conditional);
  return {
    store: storeAt(swift.endpoint),
    conditional,
    damage: async (Key, Body) => {
      await swift.client.send(new PutObjectCommand({ Bucket: "archive", Key, Body }));
    },
    away: async (while_) => {
      await swift.shut();
      try {
        await while_();
      } finally {
        await swift.open();
      }
    },
    close: async () => {},
  };
}

const shared = (bytes: Uint8Array): Buffer => {
  const buffer = Buffer.from(new SharedArrayBuffer(bytes.length));
  buffer.set(bytes);
  return buffer;
};

for (const [name, make] of stores) {
  let tried: Tried;
  let store: ObjectStore;
  /** A hospital of its own for each sentence. */
  const tenant = () => {
    const orgId = randomUUID();
    return { orgId, keyOf: (bytes: Uint8Array) => instanceKey(orgId, sha256(bytes), syntax) };
  };
  const listed = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    return keys.sort();
  };
  const streamed = async (key: string, start?: number, end?: number): Promise<Buffer> => {
    const object = await store.open(key);
    const pieces: Buffer[] = [];
    for await (const piece of object.stream(start, end)) pieces.push(Buffer.from(piece));
    await object.close();
    return Buffer.concat(pieces);
  };
  const upload = async (key: string, bytes: Buffer, step = 1 << 20): Promise<void> => {
    const begun = await store.beginUpload();
    for (let at = 0; at < bytes.length; at += step) await begun.write(bytes.subarray(at, at + step));
    await begun.complete(key);
  };

  before(async () => {
    tried = await make();
    store = tried.store;
  });
  after(() => tried.close());

  test(`${name}: what is put under a key is read back, whole, in order and from any place`, async () => {
    const { keyOf } = tenant();
    const bytes = pattern(300_000);
    const key = keyOf(bytes);
    assert.equal(await store.head(key), null);
    const started = Date.now();
    await store.put(key, [bytes.subarray(0, 7), bytes.subarray(7)]);
    const head = await store.head(key);
    assert.equal(head?.sizeBytes, bytes.length);
    assert.ok(Math.abs((head?.modifiedAt.getTime() ?? 0) - started) < 60_000);
    assert.deepEqual(await store.readWhole(key), bytes);
    assert.deepEqual(await streamed(key), bytes);
    assert.deepEqual(await streamed(key, 99_999), bytes.subarray(99_999));
    assert.deepEqual(await streamed(key, 10, 250_000), bytes.subarray(10, 250_000));
    assert.deepEqual(await streamed(key, 300_000), Buffer.alloc(0));
    const object = await store.open(key);
    const buffer = Buffer.alloc(1000);
    for (const at of [0, 123_456, bytes.length - 1000]) {
      for (let filled = 0; filled < 1000; )
        filled += (await object.read(buffer, filled, 1000 - filled, at + filled)).bytesRead;
      assert.deepEqual(buffer, bytes.subarray(at, at + 1000));
    }
    assert.equal((await object.read(buffer, 0, 1000, bytes.length)).bytesRead, 0, "nothing behind the end");
    const { bytesRead } = await object.read(buffer, 0, 1000, bytes.length - 10);
    assert.ok(bytesRead > 0 && bytesRead <= 10, "no more than there is");
    assert.equal((await object.identify()).sizeBytes, bytes.length);
    await object.close();
  });

  test(`${name}: an object of no bytes is an object`, async () => {
    const { keyOf } = tenant();
    const key = keyOf(Buffer.alloc(0));
    await store.put(key, Buffer.alloc(0));
    assert.equal((await store.head(key))?.sizeBytes, 0);
    assert.equal((await store.readWhole(key)).length, 0);
    assert.equal((await streamed(key)).length, 0);
  });

  test(`${name}: a later put takes the place of an earlier one, and the object's mark changes`, async () => {
    const key = metadataKey(tenant().orgId, sha256(Buffer.from("metadata")));
    const mark = async () => {
      const object = await store.open(key);
      const { version } = await object.identify();
      await object.close();
      return version;
    };
    await store.put(key, Buffer.from("first"));
    const first = await mark();
    assert.equal(await mark(), first, "untouched, the mark stays");
    await store.put(key, Buffer.from("later"));
    assert.equal((await store.readWhole(key)).toString(), "later");
    assert.notEqual(await mark(), first);
  });

  test(`${name}: of writers who would each be first one is, and its bytes stand`, async () => {
    const key = reportPdfKey(tenant().orgId, randomUUID());
    if (!tried.conditional) {
      assert.equal(await store.putNew(key, Buffer.from("writer 1")), true);
      assert.equal(await store.putNew(key, Buffer.from("writer 2")), false);
      assert.equal((await store.readWhole(key)).toString(), "writer 1");
      return;
    }
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => ({
        index,
        first: await store.putNew(key, Buffer.from(`writer ${index}`)),
      })),
    );
    const winners = answers.filter(({ first }) => first);
    assert.equal(winners.length, 1);
    assert.equal((await store.readWhole(key)).toString(), `writer ${winners[0]?.index}`);
    assert.equal(await store.putNew(key, Buffer.from("too late")), false);
  });

  test(`${name}: an instance is named after its data set and kept behind its head`, async () => {
    const { orgId, keyOf } = tenant();
    const [head, dataSet] = [new Uint8Array([1, 2, 3]), pattern(50_000)];
    const stored = await store.putInstance({ orgId, transferSyntaxUid: syntax }, head, shared(dataSet));
    assert.equal(stored.dataSetSha256, sha256(dataSet));
    assert.equal(stored.key, keyOf(dataSet));
    await stored.durable;
    assert.deepEqual(await store.readWhole(stored.key), Buffer.concat([head, dataSet]));
  });

  test(`${name}: an instance that many bring at a time is there once, and whole when the first is told so`, async () => {
    const { orgId } = tenant();
    const [head, dataSet] = [new Uint8Array([1, 2, 3]), pattern(200_000)];
    const whole = Buffer.concat([head, dataSet]);
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { key, durable } = await store.putInstance({ orgId, transferSyntaxUid: syntax }, head, shared(dataSet));
        await durable;
        assert.ok((await store.readWhole(key)).equals(whole));
      }),
    );
    assert.equal((await listed(`objects/${orgId}/`)).length, 1);
  });

  test(`${name}: damaged bytes under an instance's name are replaced by whoever brings it again`, async () => {
    const { orgId, keyOf } = tenant();
    const [head, dataSet] = [new Uint8Array([1, 2, 3]), pattern(50_000)];
    const whole = Buffer.concat([head, dataSet]);
    const flipped = Buffer.from(whole);
    flipped[20_000] = (flipped[20_000] ?? 0) ^ 1;
    for (const wrong of [Buffer.alloc(0), flipped]) {
      await tried.damage(keyOf(dataSet), wrong);
      await (await store.putInstance({ orgId, transferSyntaxUid: syntax }, head, shared(dataSet))).durable;
      assert.ok((await store.readWhole(keyOf(dataSet))).equals(whole));
    }
  });

  test(`${name}: a large object comes in pieces, can be read before it has a name, and is found only when it is complete`, async () => {
    const { orgId, keyOf } = tenant();
    const bytes = pattern(19 << 20);
    const begun = await store.beginUpload();
    await begun.write(bytes.subarray(0, 5));
    await begun.write([bytes.subarray(5, 1 << 20), bytes.subarray(1 << 20)]);
    const back = Buffer.alloc(100);
    assert.ok((await begun.read(back, 0, 100, 7_000_000)).bytesRead === 100);
    assert.deepEqual(back, bytes.subarray(7_000_000, 7_000_100));
    assert.deepEqual(await listed(`objects/${orgId}/`), []);
    await begun.complete(keyOf(bytes));
    await begun.abort();
    assert.equal(sha256(await streamed(keyOf(bytes))), sha256(bytes));
    assert.deepEqual(await streamed(keyOf(bytes), (18 << 20) + 5), bytes.subarray((18 << 20) + 5));
    assert.deepEqual(await listed(`objects/${orgId}/`), [keyOf(bytes)]);
  });

  test(`${name}: a large object replaces a damaged one, and two who bring it agree`, async () => {
    const { keyOf } = tenant();
    const bytes = pattern(9 << 20, 5);
    const flipped = Buffer.from(bytes);
    flipped[5_000_000] = (flipped[5_000_000] ?? 0) ^ 1;
    await tried.damage(keyOf(bytes), flipped);
    await Promise.all([upload(keyOf(bytes), bytes), upload(keyOf(bytes), bytes, 3_000_000)]);
    assert.ok((await streamed(keyOf(bytes))).equals(bytes));
  });

  test(`${name}: an upload that is given up leaves nothing`, async () => {
    const { orgId } = tenant();
    const begun = await store.beginUpload();
    await begun.write(pattern(2 << 20));
    await begun.abort();
    await begun.abort();
    await assert.rejects(begun.write(Buffer.from("more")));
    assert.deepEqual(await listed(`objects/${orgId}/`), []);
  });

  test(`${name}: a list tells all keys under a prefix and none beside it`, async () => {
    const [one, other] = [tenant(), tenant()];
    const objects = Array.from({ length: 25 }, (_, i) => Buffer.from(`object ${i}`));
    await Promise.all(objects.map((bytes) => store.put(one.keyOf(bytes), bytes)));
    await store.put(other.keyOf(Buffer.from("x")), Buffer.from("x"));
    assert.deepEqual(await listed(`objects/${one.orgId}/`), objects.map(one.keyOf).sort());
    for await (const { sizeBytes, modifiedAt } of store.list(`objects/${one.orgId}/`))
      assert.ok(sizeBytes >= 8 && Date.now() - modifiedAt.getTime() < 600_000);
    assert.deepEqual(await listed(`objects/${randomUUID()}/`), []);
  });

  test(`${name}: what is removed is gone, and removing it again is no error`, async () => {
    const key = metadataKey(tenant().orgId, sha256(Buffer.from("prepared")));
    await store.put(key, Buffer.from("prepared"));
    await store.remove(key);
    assert.equal(await store.head(key), null);
    await store.remove(key);
  });

  test(`${name}: an object that is not there is told from a store that is away`, async () => {
    const { keyOf } = tenant();
    const [there, gone] = [keyOf(Buffer.from("there")), keyOf(Buffer.from("gone"))];
    await store.put(there, Buffer.from("there"));
    const reading = async (key: string) => {
      const object = await store.open(key);
      try {
        await object.read(Buffer.alloc(10), 0, 10, 0);
      } finally {
        await object.close();
      }
    };
    await assert.rejects(reading(gone), isCode("storage.corrupt"));
    await assert.rejects(store.readWhole(gone), isCode("storage.corrupt"));
    await assert.rejects(streamed(gone), isCode("storage.corrupt"));
    // All that a hospital had, not one object: that is no damage.
    await assert.rejects(reading(tenant().keyOf(Buffer.from("x"))), isCode("storage.unavailable"));
    await tried.away(async () => {
      await assert.rejects(reading(there), isCode("storage.unavailable"));
      await assert.rejects(store.readWhole(there), isCode("storage.unavailable"));
      await assert.rejects(streamed(there), isCode("storage.unavailable"));
    });
    assert.equal((await store.readWhole(there)).toString(), "there");
    await store.ensureRoom(1);
  });

  test(`${name}: what was taken in before the store was away and comes again behind it is stored`, async () => {
    const { orgId, keyOf } = tenant();
    const dataSet = pattern(5000, 9);
    const put = async () =>
      (await store.putInstance({ orgId, transferSyntaxUid: syntax }, new Uint8Array(3), shared(dataSet))).durable;
    await put();
    await tried.away(async () => {});
    // The first may find out that something was taken away.
    await put().catch(() => {});
    await put();
    assert.equal((await store.head(keyOf(dataSet)))?.sizeBytes, 5003);
  });

  test(`${name}: objects move to a folder of files and back, byte for byte`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), "overread-copy-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const files = new FileStore(folder, { reserveBytes: 0, owner: `host.${process.pid}` });
    const { keyOf } = tenant();
    const bytes = pattern(3 << 20, 3);
    await upload(keyOf(bytes), bytes);
    await files.copyFrom(store, keyOf(bytes));
    assert.ok(readFileSync(path.join(folder, keyOf(bytes))).equals(bytes));
    await tried.damage(keyOf(bytes), Buffer.from("damaged"));
    await store.copyFrom(files, keyOf(bytes));
    assert.ok((await streamed(keyOf(bytes))).equals(bytes));
    await copyThroughUpload(store, files, keyOf(bytes));
    assert.ok(readFileSync(path.join(folder, keyOf(bytes))).equals(bytes));
  });

  test(`${name}: a sweep spares what is young and what is being received`, async () => {
    const { keyOf } = tenant();
    const bytes = Buffer.from("nobody's yet");
    await store.put(keyOf(bytes), bytes);
    const begun = await store.beginUpload();
    await begun.write(pattern(1 << 20));
    await store.sweepUploads();
    assert.equal(await store.sweepObjects(async () => new Set()), 0);
    await begun.complete(keyOf(pattern(1 << 20)));
    assert.deepEqual(await store.readWhole(keyOf(bytes)), bytes);
  });

  test(`${name}: a key that is not of the server's making gets nowhere`, async () => {
    await assert.rejects(
      store.open("../outside").then((object) => object.read(Buffer.alloc(1), 0, 1, 0)),
      TypeError,
    );
    await assert.rejects(store.put("objects/../../outside", Buffer.from("x")), TypeError);
  });
}

const orgId = randomUUID();

/** For a program that needs a store and no database. */
const alone = {
  DATABASE_URL: "postgres://nobody@127.0.0.1:1/none",
  OVERREAD_SECRET: "a secret of sixteen",
  OVERREAD_STORAGE_RESERVE_BYTES: "0",
  OVERREAD_DATA_DIR: uploads,
};

test("what a process left that had the same id, as every start in a container has, is nobody's, and in nobody's way", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "overread-same-id-"));
  const program = `
    process.env.OVERREAD_STORAGE = "file:${folder}";
    const { mkdirSync, readdirSync, writeFileSync } = await import("node:fs");
    const { hostname } = await import("node:os");
    const before = hostname().replace(/[^\\w-]/g, "") + "." + process.pid;
    mkdirSync("${folder}/tmp");
    for (const n of [1, 2, 3]) writeFileSync("${folder}/tmp/" + before + "." + n + ".part", "half an image");
    const { objectStore } = await import("#server/storage/open-store.ts");
    const upload = await objectStore().beginUpload();
    const dropped = await objectStore().sweepUploads();
    process.stdout.write(dropped + " dropped, " + readdirSync("${folder}/tmp").length + " left");
    await upload.abort();`;
  const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", program], { env: alone });
  rmSync(folder, { recursive: true, force: true });
  assert.equal(stdout, "3 dropped, 1 left", stderr);
});

test("the S3 client is loaded where a bucket is used, and nowhere else", async () => {
  const program = (address: string) => `
    process.env.OVERREAD_STORAGE = ${JSON.stringify(address)};
    const { objectStore } = await import("#server/storage/open-store.ts");
    await objectStore().put("metadata/${orgId}/00/x.json.gz", Buffer.from("x"));
    const { createRequire } = await import("node:module");
    const loaded = Object.keys(createRequire(import.meta.url).cache).some((name) => name.includes("@aws-sdk"));
    process.stdout.write(String(loaded));
    process.exit(0);`;
  const loads = async (address: string): Promise<string> => {
    const { code, stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", program(address)], {
      env: alone,
    });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  assert.equal(await loads(`file:${uploads}/objects`), "false");
  const { endpoint } = await swiftWith(true);
  assert.equal(await loads(`s3://archive?endpoint=${encodeURIComponent(endpoint)}`), "true");
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { describeCause } from "#server/outage.ts";
import { instanceKey } from "#server/storage/keys.ts";
import { isCode, pattern, sha256, storeAt, syntax, takeCredentials, uploads } from "../support/stores.ts";
import { type Swift, startSwift } from "../support/swift.ts";

/** What is S3's alone: refusals, lines that break, and answers that are not so. */
let swift: Swift;
before(async () => {
  swift = await startSwift(["archive"]);
  takeCredentials(swift);
});
after(() => swift.close());

const orgId = randomUUID();
const key = (text: string): string => instanceKey(orgId, sha256(Buffer.from(text)), syntax);
const unavailable = (words: RegExp) => (error: unknown) => {
  assert.ok(isCode("storage.unavailable")(error), String(error));
  assert.match(describeCause(error), words);
  return true;
};

test("what an S3 server refuses is said in words, and is damage of no object", async () => {
  const there = storeAt(swift.endpoint);
  await there.put(key("there"), Buffer.from("there"));
  const noBucket = storeAt(swift.endpoint, "elsewhere");
  for (const use of [
    () => noBucket.ensureRoom(),
    () => noBucket.readWhole(key("there")),
    () => noBucket.head(key("there")),
    () => noBucket.put(key("there"), Buffer.from("there")),
    () => noBucket.putNew(key("there"), Buffer.from("there")),
  ])
    await assert.rejects(use, unavailable(/the bucket of the archive is not there/));
  takeCredentials({ ...swift, secretAccessKey: "wrong" });
  await assert.rejects(storeAt(swift.endpoint).readWhole(key("there")), unavailable(/refuses the secret key/));
  await assert.rejects(storeAt(swift.endpoint).ensureRoom(), unavailable(/refuses the secret key/));
  takeCredentials({ accessKeyId: "nobody:knows", secretAccessKey: "wrong" });
  await assert.rejects(storeAt(swift.endpoint).ensureRoom(), unavailable(/credentials|secret key/));
  takeCredentials(swift);
  await assert.rejects(storeAt("http://127.0.0.1:9").ensureRoom(), unavailable(/does not answer/));
  assert.equal((await storeAt(swift.endpoint).readWhole(key("there"))).toString(), "there");
});

test("a clock that is hours wrong is put right by the server's, or named", async (t) => {
  const store = storeAt(swift.endpoint);
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 3 * 3_600_000 });
  try {
    await store.put(key("clock"), Buffer.from("clock"));
  } catch (error) {
    unavailable(/the clocks .* differ by too much/)(error);
  } finally {
    t.mock.timers.reset();
  }
});

test("bytes that change on their way to an S3 server are refused and not stored", async () => {
  const store = storeAt(swift.endpoint);
  const bytes = Buffer.concat([Buffer.from("spoil these"), pattern(50_000)]);
  swift.spoil((passing) => {
    const at = passing.indexOf("spoil these");
    if (at < 0) return passing;
    const spoilt = Buffer.from(passing);
    spoilt[at] = 0;
    return spoilt;
  });
  try {
    await assert.rejects(store.put(key("spoilt"), bytes), unavailable(/changed on their way/));
  } finally {
    swift.spoil();
  }
  assert.equal(await store.head(key("spoilt")), null);
  await store.put(key("spoilt"), bytes);
  assert.ok((await store.readWhole(key("spoilt"))).equals(bytes));
});

test("an answer that breaks off is read on from where it broke", async () => {
  const store = storeAt(swift.endpoint);
  const bytes = pattern(3 << 20, 7);
  await store.put(key("broken off"), bytes);
  swift.cutAfter(1 << 20);
  assert.ok((await store.readWhole(key("broken off"))).equals(bytes));
  const object = await store.open(key("broken off"));
  const buffer = Buffer.alloc(2 << 20);
  swift.cutAfter(1 << 20);
  for (let filled = 0; filled < buffer.length; )
    filled += (await object.read(buffer, filled, buffer.length - filled, 1000 + filled)).bytesRead;
  assert.ok(buffer.equals(bytes.subarray(1000, 1000 + buffer.length)));
});

test("an answer that falls silent in its middle is asked for anew, and one that always does is an outage", async () => {
  const store = storeAt(swift.endpoint, "archive", 500);
  const bytes = pattern(6 << 20, 17);
  await storeAt(swift.endpoint).put(key("silent"), bytes);
  // Each gets on, so it is read to its end.
  swift.fallSilent(4, 1_400_000);
  assert.ok((await store.readWhole(key("silent"))).equals(bytes));
  swift.fallSilent(1000, 50_000);
  await assert.rejects(store.readWhole(key("silent")), isCode("storage.unavailable"));
  swift.fallSilent(0, 0);
  assert.ok((await store.readWhole(key("silent"))).equals(bytes));
});

test("a thin line takes its time, and is no server that says nothing", async () => {
  const store = storeAt(swift.endpoint, "archive", 3000);
  const bytes = pattern(9 << 20, 19);
  // Half of a part takes longer than a server may say nothing. The other half goes at once: what the systems hold between
  // the two ends tells the sender nothing either.
  swift.thinLine(50, 4 << 20);
  const begun = await store.beginUpload();
  await begun.write(bytes);
  await begun.complete(key("thin"));
  swift.thinLine();
  assert.equal((await store.head(key("thin")))?.sizeBytes, bytes.length);
});

test("a server that goes in the middle of a large object leaves nothing, and the object can be brought again", async () => {
  const store = storeAt(swift.endpoint);
  const bytes = pattern(20 << 20, 11);
  const begun = await store.beginUpload();
  await begun.write(bytes);
  const completing = begun.complete(key("cut"));
  completing.catch(() => {});
  const open = async () =>
    (await swift.client.send(new ListMultipartUploadsCommand({ Bucket: "archive" }))).Uploads?.length ?? 0;
  while ((await open()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await swift.shut();
  await assert.rejects(completing, isCode("storage.unavailable"));
  await swift.open();
  assert.equal(await store.head(key("cut")), null);
  const again = await store.beginUpload();
  await again.write(bytes);
  await again.complete(key("cut"));
  assert.equal((await store.head(key("cut")))?.sizeBytes, bytes.length);
  assert.deepEqual(readdirSync(uploads), [], "nothing lies about on this machine");
});

test("an object that is not there for a moment is asked for a second time, and is no damage", async () => {
  /** Answers as a server whose parts do not agree yet: GET finds nothing, HEAD does while `there`. */
  let there = true;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://s3");
    const isList = searchParams.has("list-type");
    const found = isList || (request.method === "HEAD" && there);
    response.writeHead(found ? 200 : 404, {
      "content-type": "application/xml",
      "last-modified": new Date().toUTCString(),
    });
    if (request.method === "HEAD") return void response.end();
    response.end(
      isList
        ? "<ListBucketResult><KeyCount>1</KeyCount><Contents><Key>other</Key></Contents></ListBucketResult>"
        : `<Error><Code>NoSuchKey</Code><Resource>${pathname}</Resource></Error>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const store = storeAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await assert.rejects(store.readWhole(key("a")), isCode("storage.unavailable"));
    there = false;
    await assert.rejects(store.readWhole(key("a")), isCode("storage.corrupt"));
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

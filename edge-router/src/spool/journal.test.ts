import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Journal, type JournalOptions } from "./journal.ts";
import { pageBytes, type RecordMeta } from "./segment.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), "overread-journal-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const options = (): JournalOptions => ({
  dir,
  segmentBytes: 64 * 1024,
  keepSpares: 2,
  mayPreallocate: () => true,
  onFatal: (error) => {
    throw error;
  },
});
const meta = (sopInstanceUid: string, sizeBytes: number): RecordMeta => ({
  sopInstanceUid,
  sopClassUid: "1.2",
  transferSyntaxUid: "1.2.840.10008.1.2.1",
  studyInstanceUid: "1.2.3",
  seriesInstanceUid: "1.2.3.4",
  sha256: "",
  callingAeTitle: "A",
  calledAeTitle: "B",
  purpose: "read",
  receivedAt: 1,
  headBytes: 0,
  sizeBytes,
});
const body = (at: number): Buffer => Buffer.alloc(5_000 + at, at);

async function fill(journal: Journal, from: number, to: number): Promise<void> {
  const writes = [];
  for (let at = from; at < to; at++) writes.push(journal.append(meta(`1.${at}`, 5_000 + at), [body(at)], 5_000 + at));
  await Promise.all(writes);
}

test("what was appended, over several segments, is found again with its bytes", async () => {
  const first = await Journal.open(options());
  await fill(first.journal, 0, 40);
  await first.journal.close();
  const { journal, found } = await Journal.open(options());
  // Segments are found in the order of their names, which is not the order they were filled in.
  const number = (uid: string) => Number(uid.slice(2));
  assert.deepEqual(
    found.map(({ meta: { sopInstanceUid } }) => number(sopInstanceUid)).toSorted((a, b) => a - b),
    Array.from({ length: 40 }, (_, at) => at),
  );
  for (const { meta, location } of found) {
    const at = number(meta.sopInstanceUid);
    const bytes = readFileSync(journal.pathOf(location.segment)).subarray(
      location.offset,
      location.offset + 5_000 + at,
    );
    assert.ok(bytes.equals(body(at)));
  }
  await fill(journal, 40, 50);
  await journal.close();
  const again = await Journal.open(options());
  assert.equal(again.found.length, 50);
  await again.journal.close();
});

test("a record that was written only in part is not found, and the next one takes its place", async () => {
  const first = await Journal.open(options());
  await fill(first.journal, 0, 3);
  const file = first.journal.pathOf(first.journal.activeSegment);
  await first.journal.close();
  truncateSync(file, statSync(file).size - 3 * pageBytes);
  const bytes = readFileSync(file);
  writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(20_000, 0xff)]));
  const { journal, found } = await Journal.open(options());
  assert.ok(found.length < 3 + 1);
  await fill(journal, 7, 8);
  await journal.close();
  const again = await Journal.open(options());
  assert.equal(again.found.at(-1)?.meta.sopInstanceUid, "1.7");
  await again.journal.close();
});

test("a record whose head was changed on the disk is not believed, nor what stands behind it", async () => {
  const first = await Journal.open(options());
  await fill(first.journal, 0, 4);
  const file = first.journal.pathOf(first.journal.activeSegment);
  await first.journal.close();
  const bytes = readFileSync(file);
  const [name, other] = ['"sopInstanceUid":"1.2"', '"sopInstanceUid":"1.9"'];
  assert.ok(bytes.includes(name));
  // Another image by one digit: still JSON, still of the same length.
  bytes.write(other, bytes.indexOf(name));
  writeFileSync(file, bytes);
  const { journal, found } = await Journal.open(options());
  assert.deepEqual(
    found.map(({ meta: { sopInstanceUid } }) => sopInstanceUid),
    ["1.0", "1.1"],
  );
  await journal.close();
});

test("of a segment that is used again only what was written since is found", async () => {
  const { journal } = await Journal.open({ ...options(), mayPreallocate: () => false });
  const holdsEarlier = () => readFileSync(journal.pathOf(journal.activeSegment)).includes('"sopInstanceUid":"1.4"');
  await fill(journal, 0, 5);
  const giveBack = async (keep: boolean) => {
    const full = journal.activeSegment;
    await journal.seal();
    await journal.reclaim(full, keep);
  };
  await giveBack(true);
  // Its turn comes under another name, as every use has one of its own.
  for (let turn = 50; turn < 55 && !holdsEarlier(); turn++) {
    await fill(journal, turn, turn + 1);
    await giveBack(false);
  }
  assert.ok(holdsEarlier(), "its earlier records are still on the disk");
  await fill(journal, 100, 101);
  await journal.close();
  const { journal: second, found } = await Journal.open(options());
  assert.deepEqual(
    found.map(({ meta: { sopInstanceUid } }) => sopInstanceUid),
    ["1.100"],
  );
  await second.close();
});

test("a drained segment is used again, and no record of its earlier use is ever found", async () => {
  const { journal } = await Journal.open(options());
  await fill(journal, 0, 40);
  const drained = [...journal.sealed];
  assert.ok(drained.length >= 3);
  for (const segment of drained) await journal.reclaim(segment, true);
  assert.equal(journal.sealed.size, 0);
  await fill(journal, 100, 110);
  await journal.close();
  const { journal: second, found } = await Journal.open(options());
  const uids = found.map(({ meta: { sopInstanceUid } }) => sopInstanceUid);
  assert.ok(Array.from({ length: 10 }, (_, at) => `1.${100 + at}`).every((uid) => uids.includes(uid)));
  assert.ok(uids.length < 20, "only what the last segment still held is there besides");
  assert.ok(readdirSync(dir).length <= 5);
  await second.close();
});

test("segments made beforehand while nobody sends are used like any other", async () => {
  const first = await Journal.open(options());
  for (let made = 0; made < 2; made++) {
    first.journal.preallocate(-1);
    await first.journal.seal();
  }
  await fill(first.journal, 0, 40);
  await first.journal.close();
  const { journal, found } = await Journal.open(options());
  assert.equal(found.length, 40);
  await journal.close();
});

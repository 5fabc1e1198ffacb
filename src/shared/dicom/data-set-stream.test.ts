import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { mutated } from "../../../tests/factories/mutants.ts";
import { oddObjects } from "../../../tests/factories/odd-objects.ts";
import { randomFrom } from "../../server/demo/modality-simulator/random.ts";
import { DomainError } from "../errors.ts";
import { DataSetStream } from "./data-set-stream.ts";
import { identityOf } from "./identity.ts";
import { readDataSet } from "./part10.ts";

const EXPLICIT = "1.2.840.10008.1.2.1";
const bytes = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))));

const identity = bytes(
  "\x08\0\x16\0UI\x04\x001.2\0",
  "\x08\0\x18\0UI\x06\x001.2.3\0",
  "\x20\0\x0d\0UI\x06\x001.2.4\0",
  "\x20\0\x0e\0UI\x06\x001.2.5\0",
);
const nested = bytes(
  // A sequence of undefined length with an item of undefined length, with a sequence of defined length in it.
  "\x40\0\x75\x02SQ\0\0\xff\xff\xff\xff",
  "\xfe\xff\0\xe0\xff\xff\xff\xff",
  "\x08\0\x18\0UI\x06\x009.9.9\0",
  "\x40\0\x08\0SQ\0\0\x08\0\0\0\xfe\xff\0\xe0\0\0\0\0",
  "\xfe\xff\x0d\xe0\0\0\0\0",
  "\xfe\xff\xdd\xe0\0\0\0\0",
  // An unknown element of undefined length: implicit inside (CP-246).
  "\x09\0\x10\x10UN\0\0\xff\xff\xff\xff",
  "\xfe\xff\0\xe0\xff\xff\xff\xff\x10\0\x10\0\x02\0\0\0AB\xfe\xff\x0d\xe0\0\0\0\0",
  "\xfe\xff\xdd\xe0\0\0\0\0",
);
const fragments = bytes(
  "\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff",
  "\xfe\xff\0\xe0\0\0\0\0",
  "\xfe\xff\0\xe0\x04\0\0\0abcd",
  "\xfe\xff\xdd\xe0\0\0\0\0",
);
const whole = Buffer.concat([identity, nested, fragments]);

async function outcome(dataSet: Buffer, step: number, transferSyntaxUid = EXPLICIT): Promise<string> {
  const walk = new DataSetStream(transferSyntaxUid);
  for (let at = 0; at < dataSet.length; at += step) walk.push(dataSet.subarray(at, at + step));
  return walk.finish().then(
    ({ sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid }) =>
      [sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid].join(" "),
    (error: Error) => error.message,
  );
}

test("the identity is found however the network cuts the bytes, and not inside a sequence", async () => {
  for (const step of [1, 2, 3, 5, 7, 11, 64, 4096]) assert.equal(await outcome(whole, step), "1.2 1.2.3 1.2.4 1.2.5");
});

test("a data set cut anywhere but between two elements is truncated", async () => {
  const boundaries = new Set([12, 26, 40, 54, identity.length + nested.length]);
  const afterSequence = whole.indexOf("\x09\0\x10\x10UN", 0, "latin1");
  for (let end = 1; end < whole.length; end++) {
    const told = await outcome(whole.subarray(0, end), 16);
    if (end === afterSequence || boundaries.has(end)) assert.match(told, /^(1\.2 |dicom\.missing-attribute)/, `${end}`);
    else assert.equal(told, "dicom.truncated", `cut at ${end}`);
  }
});

test("a deflated data set is looked into, and one that is cut off is found out", async () => {
  const deflated = deflateRawSync(whole);
  const syntax = "1.2.840.10008.1.2.1.99";
  assert.equal(await outcome(deflated, 10, syntax), "1.2 1.2.3 1.2.4 1.2.5");
  assert.equal(await outcome(deflated.subarray(0, -3), 10, syntax), "dicom.truncated");
});

test("a deflated bomb is followed only so far, and in little memory", async () => {
  const zeros = Buffer.alloc(300 * 1024 * 1024);
  zeros.writeUInt32LE(0x00107fe0, 0);
  zeros.write("OW", 4);
  zeros.writeUInt32LE(zeros.length - 12, 8);
  const bomb = deflateRawSync(Buffer.concat([identity, zeros]), { level: 1 });
  assert.equal(await outcome(bomb, 65_536, "1.2.840.10008.1.2.1.99"), "1.2 1.2.3 1.2.4 1.2.5");
});

test("what is no data set is malformed, and nesting without end is refused", async () => {
  assert.equal(await outcome(bytes("GET / HTTP/1.1\r\nHost: nowhere\r\n\r\n"), 9), "dicom.malformed");
  const level = "\x40\0\x75\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff";
  assert.equal(await outcome(bytes(level.repeat(10_000)), 4096), "dicom.malformed");
  assert.equal(await outcome(bytes("\x08\0\x16\0UI\x04\x001.2\0"), 9), "dicom.missing-attribute");
});

test("a UID that breaks the grammar is refused", async () => {
  const hostile = Buffer.from(identity);
  hostile.write("../4", identity.indexOf("1.2.4"), "latin1");
  assert.equal(await outcome(hostile, 7), "dicom.invalid-uid");
});

/** What the archive makes of the same bytes. */
async function filed(dataSet: Buffer, transferSyntaxUid: string): Promise<string> {
  try {
    const { dataset } = await readDataSet(dataSet, transferSyntaxUid);
    const { sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid } = identityOf(dataset);
    return [sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid].join(" ");
  } catch (error) {
    assert.ok(error instanceof DomainError, String((error as Error).stack));
    return error.message;
  }
}
const isTaken = (told: string): boolean => !told.startsWith("dicom.");

test("what the edge takes the archive can file, and nothing else", async () => {
  for (const { name, transferSyntaxUid, dataSet, taken } of oddObjects()) {
    const archive = await filed(dataSet, transferSyntaxUid);
    assert.equal(isTaken(archive), taken, `${name}: ${archive}`);
    for (const step of dataSet.length > 100_000 ? [65_521] : [1, 13, 4096]) {
      const edge = await outcome(dataSet, step, transferSyntaxUid);
      assert.equal(isTaken(edge), taken, `${name}: ${edge}`);
      if (taken) assert.equal(edge, archive, name);
    }
  }
});

test("edge and archive agree about three thousand mutants", async () => {
  const random = randomFrom("agreement");
  const seeds = oddObjects().filter(({ taken, dataSet }) => taken && dataSet.length < 5_000);
  for (let round = 0; round < 3000; round++) {
    const seed = seeds[round % seeds.length]!;
    const mutant = mutated(seed.dataSet, random);
    const [edge, archive] = [
      await outcome(mutant, 1 + (round % 97), seed.transferSyntaxUid),
      await filed(mutant, seed.transferSyntaxUid),
    ];
    const same = isTaken(edge) ? edge === archive : !isTaken(archive);
    assert.ok(same, `${seed.name}, round ${round}: ${edge} / ${archive}`);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { readDataSet } from "./part10.ts";
import { toExplicitLittleEndian } from "./reencode.ts";
import { TS, transferSyntaxes } from "./transfer-syntaxes.ts";
import { encodeDataSet, type WritableDataSet } from "./write.ts";

const dataSet: WritableDataSet = {
  "00080005": { vr: "CS", Value: ["ISO_IR 192"] },
  "00080060": { vr: "CS", Value: ["CT"] },
  "00100010": { vr: "PN", Value: [{ Alphabetic: "Müller^Jörg" }] },
  "00180050": { vr: "DS", Value: [1.25] },
  "00200013": { vr: "IS", Value: [7] },
  "00280010": { vr: "US", Value: [2] },
  "00280103": { vr: "US", Value: [1] },
  "00280106": { vr: "SS", Value: [-1024] },
  "00400275": {
    vr: "SQ",
    Value: [
      {
        "00400007": { vr: "LO", Value: ["Chest"] },
        "00400008": { vr: "SQ", Value: [{ "00080100": { vr: "SH", Value: ["CTCH"] } }, {}] },
      },
    ],
  },
  "00189219": { vr: "SS", Value: [-2] },
  "00189323": { vr: "CS", Value: ["NO"] },
  "00189073": { vr: "FD", Value: [0.5] },
  "7FE00010": { vr: "OW", bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) },
};
const asExplicit = (syntax: string): Buffer =>
  Buffer.concat(toExplicitLittleEndian(encodeDataSet(dataSet, syntax), transferSyntaxes[syntax] as never));

for (const [name, syntax] of [
  ["implicit little endian", TS.implicitLittleEndian],
  ["explicit big endian", TS.explicitBigEndian],
  ["deflated", TS.deflatedExplicitLittleEndian],
] as const)
  test(`a data set in ${name} says the same in explicit little endian`, async () => {
    const wanted = await readDataSet(encodeDataSet(dataSet, TS.explicitLittleEndian), TS.explicitLittleEndian);
    const bytes = asExplicit(syntax);
    const found = await readDataSet(bytes, TS.explicitLittleEndian);
    assert.deepEqual(found.dataset, wanted.dataset);
    assert.ok(
      bytes.includes(Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x57, 0, 0, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])),
    );
  });

const implicit = (tag: number[], value: Buffer, length = value.length): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag[0] as number, 0);
  head.writeUInt16LE(tag[1] as number, 2);
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, value]);
};
const reencode = (bytes: Buffer): Buffer =>
  Buffer.concat(toExplicitLittleEndian(bytes, transferSyntaxes[TS.implicitLittleEndian] as never));

test("what does not fit a short length becomes UN, an odd value gets its padding, a group length goes", () => {
  const long = reencode(implicit([0x0010, 0x0020], Buffer.alloc(70_000, 0x41)));
  assert.equal(long.toString("latin1", 4, 6), "UN");
  assert.equal(long.readUInt32LE(8), 70_000);
  const odd = reencode(implicit([0x0010, 0x0020], Buffer.from("ABC")));
  assert.equal(odd.subarray(4).toString("latin1"), "LO\u0004\u0000ABC ");
  assert.equal(reencode(implicit([0x0010, 0x0000], Buffer.alloc(4))).length, 0);
});

test("a private sequence of undefined length stays a sequence, one of defined length stays as it came", () => {
  const item = implicit([0xfffe, 0xe000], implicit([0x0009, 0x1002], Buffer.from("XY")));
  const open = reencode(
    implicit([0x0009, 0x1001], Buffer.concat([item, implicit([0xfffe, 0xe0dd], Buffer.alloc(0))]), 0xffffffff),
  );
  assert.equal(open.toString("latin1", 4, 6), "SQ");
  const closed = reencode(implicit([0x0009, 0x1001], item));
  assert.equal(closed.toString("latin1", 4, 6), "UN");
  assert.deepEqual(closed.subarray(12), item);
});

test("a closed sequence that is none inside goes out as the bytes it is, zeros behind the pixels not at all", () => {
  const whole = implicit([0x0010, 0x0020], Buffer.from("ABCD"));
  assert.equal(reencode(implicit([0x0040, 0x0275], whole)).toString("latin1", 4, 6), "UN");
  assert.equal(reencode(Buffer.concat([whole, Buffer.alloc(500)])).length, reencode(whole).length);
});

test("bytes that end too early or make no sense are an error, never a shorter data set", () => {
  const whole = implicit([0x0010, 0x0020], Buffer.from("ABCD"));
  assert.throws(() => reencode(whole.subarray(0, 10)), /dicom.truncated/);
  assert.throws(() => reencode(implicit([0x0040, 0x0275], whole, 0xffffffff)), /dicom.malformed/);
});

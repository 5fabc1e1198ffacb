import { deflateRawSync } from "node:zlib";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";

/** A data set as some modality, gateway or hand-written converter has sent one. */
export type OddObject = {
  name: string;
  transferSyntaxUid: string;
  sopInstanceUid: string;
  studyInstanceUid: string;
  dataSet: Buffer;
  /** Whether it is taken; what is not is refused by whoever sees it first. */
  taken: boolean;
};

export const oddSopClassUid = "1.2.840.10008.5.1.4.1.1.2";
const UNDEFINED = 0xffffffff;
const longVrs = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));

type Coding = "explicit" | "implicit" | "big";
type Value = Buffer | string;

/** One element; `length` other than the value's is a lie, or undefined. */
export function element(tag: number, vr: string, value: Value, coding: Coding = "explicit", length?: number): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value, "latin1") : value;
  const isLong =
    coding !== "implicit" && (longVrs.has(vr) || !/^(A[EST]|CS|D[AST]|F[DL]|IS|L[OT]|PN|S[HLST]|TM|U[ILS])$/.test(vr));
  const head = Buffer.alloc(isLong ? 12 : 8);
  const u16 = (n: number, at: number) => (coding === "big" ? head.writeUInt16BE(n, at) : head.writeUInt16LE(n, at));
  const u32 = (n: number, at: number) => (coding === "big" ? head.writeUInt32BE(n, at) : head.writeUInt32LE(n, at));
  u16(tag >>> 16, 0);
  u16(tag & 0xffff, 2);
  const size = length ?? bytes.length;
  if (coding === "implicit") u32(size, 4);
  else {
    head.write(vr, 4, "latin1");
    if (isLong) u32(size, 8);
    else u16(size, 6);
  }
  return Buffer.concat([head, bytes]);
}

const itemOf = (content: Buffer, length = content.length): Buffer =>
  element(0xfffee000, "", content, "implicit", length);
const itemEnd = element(0xfffee00d, "", "", "implicit");
const sequenceEnd = element(0xfffee0dd, "", "", "implicit");

const even = (text: string, pad = "\0"): string => (text.length % 2 === 0 ? text : text + pad);
let made = 0;

type Parts = {
  identity: Buffer;
  pixels: Buffer;
  e: (tag: number, vr: string, value: Value, length?: number) => Buffer;
};

function odd(
  name: string,
  transferSyntaxUid: string,
  taken: boolean,
  compose: (parts: Parts) => Buffer[],
  uids: { sop?: string; study?: string; series?: string } = {},
): OddObject {
  const number = ++made;
  const sopInstanceUid = uids.sop ?? `2.25.7100${process.pid}.${number}`;
  const studyInstanceUid = uids.study ?? `2.25.7200${process.pid}.${number}`;
  const coding: Coding =
    transferSyntaxUid === TS.explicitBigEndian
      ? "big"
      : [TS.implicitLittleEndian, TS.gePrivate, TS.papyrus].some((uid) => uid === transferSyntaxUid)
        ? "implicit"
        : "explicit";
  const e: Parts["e"] = (tag, vr, value, length) => element(tag, vr, value, coding, length);
  const identity = Buffer.concat([
    e(0x00080016, "UI", even(oddSopClassUid)),
    e(0x00080018, "UI", even(sopInstanceUid)),
    e(0x00080060, "CS", "CT"),
    e(0x00100010, "PN", "Odd^Object"),
    e(0x00100020, "LO", even(`ODD${number}`, " ")),
    e(0x0020000d, "UI", even(studyInstanceUid)),
    e(0x0020000e, "UI", even(uids.series ?? `${studyInstanceUid}.1`)),
  ]);
  const image = Buffer.concat([
    e(0x00280002, "US", coding === "big" ? "\0\x01" : "\x01\0"),
    e(0x00280010, "US", coding === "big" ? "\0\x04" : "\x04\0"),
    e(0x00280011, "US", coding === "big" ? "\0\x04" : "\x04\0"),
    e(0x00280100, "US", coding === "big" ? "\0\x10" : "\x10\0"),
  ]);
  const pixels = Buffer.concat([image, e(0x7fe00010, "OW", Buffer.alloc(32, number))]);
  return {
    name,
    transferSyntaxUid,
    sopInstanceUid,
    studyInstanceUid,
    taken,
    dataSet: Buffer.concat(compose({ identity, pixels, e })),
  };
}

/** Sequences within sequences, each of undefined or of known length. */
function nested(depth: number, open: boolean): Buffer {
  let inner = Buffer.from(element(0x00080104, "LO", "deep"));
  for (let level = 0; level < depth; level++)
    inner = open
      ? Buffer.concat([
          element(0x0040a730, "SQ", "", "explicit", UNDEFINED),
          itemOf(Buffer.concat([inner, itemEnd]), UNDEFINED),
          sequenceEnd,
        ])
      : Buffer.from(element(0x0040a730, "SQ", itemOf(inner)));
  return inner;
}

/** Every kind of object that has been seen to be taken by one side and refused by the other, and their neighbours. */
export function oddObjects(): OddObject[] {
  const explicit = TS.explicitLittleEndian;
  const code = (coding: Coding): Buffer => itemOf(element(0x00080104, "LO", "meaning ", coding));
  const plain = ({ identity, pixels }: Parts): Buffer[] => [identity, pixels];
  return [
    odd("GE's private syntax", TS.gePrivate, true, plain),
    odd("Papyrus' implicit syntax", TS.papyrus, true, plain),
    odd("an unknown explicit syntax", "1.3.46.670589.33.1.4.1", true, plain),
    odd("explicit big endian", TS.explicitBigEndian, true, plain),
    odd("a header of 70 MB", explicit, true, ({ identity, pixels }) => [
      identity,
      element(0x00290010, "LO", "PRIVATE "),
      ...Array.from({ length: 70 }, (_, i) => element(0x00291000 + i, "UT", Buffer.alloc(1 << 20, 0x41))),
      pixels,
    ]),
    odd("two million attributes", explicit, false, ({ identity }) => [
      identity,
      element(0x00290010, "LO", "PRIVATE "),
      Buffer.concat(Array.from({ length: 1_100_000 }, () => element(0x00291001, "CS", "A "))),
    ]),
    odd("a sequence 100 deep, open", explicit, true, ({ identity, pixels }) => [identity, nested(100, true), pixels]),
    odd("a sequence 100 deep, closed", explicit, true, ({ identity, pixels }) => [
      identity,
      nested(100, false),
      pixels,
    ]),
    odd("a sequence 1,000 deep, open", explicit, false, ({ identity, pixels }) => [
      identity,
      nested(1000, true),
      pixels,
    ]),
    odd("a sequence 1,000 deep, closed", explicit, true, ({ identity, pixels }) => [
      identity,
      nested(1000, false),
      pixels,
    ]),
    ...["CS", "LO", "UI", "DS", "US", "PN", "DA", "OB", "UT"].map((vr) =>
      odd(`a sequence under VR ${vr}`, explicit, true, ({ identity, pixels }) => [
        element(0x00080005, "CS", "ISO_IR 100"),
        identity,
        ...[0x00321064, 0x00400275, 0x00081032, 0x00082218, 0x00081111].map((tag) =>
          element(tag, vr, code("explicit")),
        ),
        pixels,
      ]),
    ),
    ...(["explicit", "implicit"] as const).flatMap((coding) => [
      odd(`a sequence under UN, ${coding} inside`, explicit, true, ({ identity, pixels }) => [
        identity,
        element(0x00321064, "UN", code(coding)),
        pixels,
      ]),
    ]),
    odd("an open sequence under UN, explicit inside", explicit, false, ({ identity, pixels }) => [
      identity,
      element(0x00321064, "UN", Buffer.concat([code("explicit"), sequenceEnd]), "explicit", UNDEFINED),
      pixels,
    ]),
    odd("no sequence under SQ", explicit, true, ({ identity, pixels }) => [
      identity,
      element(0x00321064, "SQ", "not a sequence! "),
      pixels,
    ]),
    odd("texts and numbers under SQ", explicit, true, ({ identity, pixels }) => [
      ...[0x00080020, 0x00080050, 0x00081030, 0x00080090, 0x00180015, 0x00200011, 0x00200013, 0x00280008].map((tag) =>
        element(tag, "SQ", code("explicit")),
      ),
      identity,
      pixels,
    ]),
    odd("NUL and bare control characters in texts", explicit, true, ({ identity, pixels }) => [
      ...[0x00080020, 0x00080050, 0x00081030, 0x0008103e, 0x00080090].map((tag) =>
        element(tag, "LO", "A\0B\x01\x1b$C\xff\xfe"),
      ),
      element(0x00180015, "CS", "HE\0AD\0 "),
      identity,
      pixels,
    ]),
    odd("group 0002 inside the data set", explicit, true, ({ identity, pixels }) => [
      element(0x00020010, "UI", even(TS.jpegBaseline)),
      element(0x00020012, "UI", even("1.2.3.4.5")),
      identity,
      pixels,
    ]),
    odd("group 0002 inside an implicit data set", TS.implicitLittleEndian, true, ({ identity, pixels, e }) => [
      e(0x00020000, "UL", "\x10\0\0\0"),
      e(0x00020010, "UI", even(TS.implicitLittleEndian)),
      identity,
      pixels,
    ]),
    odd("odd lengths", explicit, true, ({ identity, pixels }) => [
      element(0x00081030, "LO", "odd"),
      identity,
      element(0x00200011, "IS", "1"),
      element(0x00291001, "OB", "odd"),
      pixels,
    ]),
    odd("VRs of the future", explicit, true, ({ identity, pixels }) => [
      identity,
      element(0x00291001, "ZZ", "new!"),
      pixels,
    ]),
    odd("a VR that is none", explicit, false, ({ identity, pixels }) => [
      identity,
      element(0x00291001, "z?", "new!"),
      pixels,
    ]),
    odd("deflated", TS.deflatedExplicitLittleEndian, true, (parts) => [deflateRawSync(Buffer.concat(plain(parts)))]),
    odd("deflated, cut off", TS.deflatedExplicitLittleEndian, false, (parts) => [
      deflateRawSync(Buffer.concat(plain(parts))).subarray(0, -4),
    ]),
    odd("said to be deflated", TS.deflatedExplicitLittleEndian, false, plain),
    odd("explicit under the implicit syntax", TS.implicitLittleEndian, false, () => [
      element(0x00080016, "UI", even(oddSopClassUid)),
    ]),
    odd("implicit under the explicit syntax", explicit, false, () => [
      element(0x00080016, "UI", even(oddSopClassUid), "implicit"),
    ]),
    ...[1, 2, 7, 8, 12, 511, 100_000].map((zeros) =>
      odd(`${zeros} zeros behind the pixels`, explicit, true, (parts) => [...plain(parts), Buffer.alloc(zeros)]),
    ),
    odd("something else behind the zeros", explicit, false, (parts) => [
      ...plain(parts),
      Buffer.alloc(512),
      Buffer.from("x"),
    ]),
    odd("padding behind the pixels", explicit, true, (parts) => [
      ...plain(parts),
      element(0xfffcfffc, "OB", Buffer.alloc(100)),
    ]),
    odd("pixels that are cut off", explicit, false, (parts) => [Buffer.concat(plain(parts)).subarray(0, -1)]),
    odd("an empty study UID", explicit, false, plain, { study: "" }),
    odd("an empty series UID", explicit, false, plain, { series: "" }),
    odd("a study UID that is no number", explicit, false, plain, { study: "1.2.abc.4" }),
    odd("a path as study UID", explicit, false, plain, { study: "../../../tmp/x" }),
    odd("a study UID of 70 digits", explicit, false, plain, { study: `1.${"2".repeat(68)}` }),
    odd("leading zeros in the study UID", explicit, true, plain, { study: `1.2.007.${process.pid}.08` }),
    odd("spaces behind the study UID", explicit, true, plain, {
      study: `1.2.77.${process.pid}  `,
      series: "1.2.77.1",
    }),
  ];
}

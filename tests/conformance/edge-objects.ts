import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { part10Head } from "@overread/shared/dicom/write";

/** A made-up object for the receive path: a few elements and random pixels. */
export interface MadeObject {
  path: string;
  sopClassUid: string;
  sopInstanceUid: string;
  studyInstanceUid: string;
  transferSyntaxUid: string;
  dataSet: Buffer;
  /** Of the data set, as the contract counts it. */
  sha256: string;
}

export const CT = "1.2.840.10008.5.1.4.1.1.2";
export const EXPLICIT = "1.2.840.10008.1.2.1";
export const IMPLICIT = "1.2.840.10008.1.2";

let counter = 0;
/** A fresh UID. */
export const newUid = (): string => `2.25.${process.pid}${Date.now()}${counter++}`;

type Element = [tag: number, vr: string, value: Buffer | string];

/** Writes one object into `dir`. `pixels` are bytes; `encapsulated` wraps them as one fragment. */
export function makeObject(
  dir: string,
  options: {
    studyInstanceUid?: string;
    seriesInstanceUid?: string;
    sopInstanceUid?: string;
    sopClassUid?: string;
    transferSyntaxUid?: string;
    pixelBytes?: number;
    encapsulated?: boolean;
    extra?: Element[];
    /** Turns the encoded data set into what is sent, e.g. deflated or cut off. */
    finish?: (dataSet: Buffer) => Buffer;
  } = {},
): MadeObject {
  const sopClassUid = options.sopClassUid ?? CT;
  const sopInstanceUid = options.sopInstanceUid ?? newUid();
  const studyInstanceUid = options.studyInstanceUid ?? newUid();
  const transferSyntaxUid = options.transferSyntaxUid ?? EXPLICIT;
  const implicit = transferSyntaxUid === IMPLICIT;
  const big = transferSyntaxUid === "1.2.840.10008.1.2.2";
  const elements: Element[] = [
    [0x00080016, "UI", sopClassUid],
    [0x00080018, "UI", sopInstanceUid],
    [0x00080060, "CS", "CT"],
    [0x00091001, "UN", randomBytes(10)],
    [0x00100010, "PN", "Canary^Patient"],
    [0x00100020, "LO", "CANARY-1"],
    [0x0020000d, "UI", studyInstanceUid],
    [0x0020000e, "UI", options.seriesInstanceUid ?? `${studyInstanceUid}.1`],
    ...(options.extra ?? []),
  ];
  const pixels = randomBytes(options.pixelBytes ?? 2_000);
  const parts = elements.map(([tag, vr, value]) => encode(tag, vr, value, implicit, big));
  if (options.encapsulated) {
    const undefinedLength = Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    parts.push(undefinedLength, delimiter(0xe000, 0), delimiter(0xe000, pixels.length), pixels, delimiter(0xe0dd, 0));
  } else parts.push(encode(0x7fe00010, "OW", pixels, implicit, big));
  const whole = Buffer.concat(parts);
  const dataSet = options.finish ? options.finish(whole) : whole;
  const file = path.join(dir, `${sopInstanceUid}-${counter++}.dcm`);
  const head = part10Head({ sopClassUid, sopInstanceUid, transferSyntaxUid, sourceAeTitle: "MAKER" });
  writeFileSync(file, Buffer.concat([head, dataSet]));
  const sha256 = createHash("sha256").update(dataSet).digest("hex");
  return { path: file, sopClassUid, sopInstanceUid, studyInstanceUid, transferSyntaxUid, dataSet, sha256 };
}

function delimiter(element: number, length: number): Buffer {
  const bytes = Buffer.from([0xfe, 0xff, element & 0xff, element >> 8, 0, 0, 0, 0]);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

function encode(tag: number, vr: string, value: Buffer | string, implicit: boolean, big: boolean): Buffer {
  const text = typeof value === "string" ? value + (value.length % 2 ? (vr === "UI" ? "\0" : " ") : "") : value;
  const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
  const long = !implicit && ["OB", "OW", "UN", "SQ", "UT"].includes(vr);
  const header = Buffer.alloc(long ? 12 : 8);
  const u16 = (n: number, at: number) => (big ? header.writeUInt16BE(n, at) : header.writeUInt16LE(n, at));
  const u32 = (n: number, at: number) => (big ? header.writeUInt32BE(n, at) : header.writeUInt32LE(n, at));
  u16(tag >>> 16, 0);
  u16(tag & 0xffff, 2);
  if (implicit) u32(bytes.length, 4);
  else {
    header.write(vr, 4, "latin1");
    if (long) u32(bytes.length, 8);
    else u16(bytes.length, 6);
  }
  return Buffer.concat([header, bytes]);
}

import {
  bulkPlaceholder,
  type DicomElement,
  type DicomValue,
  inlineBinaryLimit,
  type PersonName,
} from "./dicom-json.ts";
import { localisedVrs, opaqueVrs, singleTextVrs, unitBytes } from "./vr.ts";

/** Longer text becomes bulk data. Bytes. */
export const textLimit = 1 << 20;
/** Longer lists of binary numbers become bulk data. Bytes. */
const numbersLimit = 1 << 16;

/** Bytes needed to make the element; a longer value becomes bulk data unread. */
export function inlineLimit(vr: string): number {
  if (opaqueVrs.has(vr)) return inlineBinaryLimit;
  return unitBytes[vr] ? numbersLimit : textLimit;
}

/** The position of a value: `buffer` from `start` to `end`; `offset` is the same position in the data. */
export type RawValue = { buffer: Buffer; start: number; end: number; offset: number };

/**
 * Turns the bytes of a value into its DICOM JSON element (PS3.18 F.2.2–F.2.7).
 *
 * @param decode the character set in force for text of `localisedVrs`.
 */
export function elementFromBytes(
  vr: string,
  raw: RawValue,
  bigEndian: boolean,
  decode: (bytes: Uint8Array) => string,
): DicomElement {
  const length = raw.end - raw.start;
  if (length === 0) return { vr };
  if (opaqueVrs.has(vr)) {
    const bytes = raw.buffer.subarray(raw.start, raw.end);
    return { vr, InlineBinary: (bigEndian ? swapped(bytes, vr) : bytes).toString("base64") };
  }
  if (unitBytes[vr]) {
    const Value = numbers(vr, raw, bigEndian);
    return Value.length > 0 ? { vr, Value } : { vr };
  }
  const Value = texts(vr, raw, decode);
  return Value ? { vr, Value } : { vr };
}

/** The element of a value that stays where it is. */
export function bulkElement(vr: string, offset: number, length: number): DicomElement {
  return { vr, BulkDataURI: bulkPlaceholder({ offset, length }) };
}

/** A copy with each unit of the VR turned round, between big and little endian (PS3.5 §7.3). */
export function swapped(bytes: Uint8Array, vr: string): Buffer {
  const copy = Buffer.from(bytes);
  const unit = unitBytes[vr] ?? 1;
  const whole = copy.subarray(0, copy.length - (copy.length % unit));
  if (unit === 2) whole.swap16();
  else if (unit === 4) whole.swap32();
  else if (unit === 8) whole.swap64();
  return copy;
}

function numbers(vr: string, { buffer, start, end }: RawValue, bigEndian: boolean): DicomValue[] {
  const unit = vr === "AT" ? 4 : (unitBytes[vr] ?? 1);
  const values: DicomValue[] = [];
  for (let at = start; at + unit <= end; at += unit) values.push(readNumber(vr, buffer, at, bigEndian));
  return values;
}

function readNumber(vr: string, buffer: Buffer, at: number, bigEndian: boolean): DicomValue {
  switch (vr) {
    case "US":
      return bigEndian ? buffer.readUInt16BE(at) : buffer.readUInt16LE(at);
    case "SS":
      return bigEndian ? buffer.readInt16BE(at) : buffer.readInt16LE(at);
    case "UL":
      return bigEndian ? buffer.readUInt32BE(at) : buffer.readUInt32LE(at);
    case "SL":
      return bigEndian ? buffer.readInt32BE(at) : buffer.readInt32LE(at);
    case "FL":
      return jsonNumber(bigEndian ? buffer.readFloatBE(at) : buffer.readFloatLE(at));
    case "FD":
      return jsonNumber(bigEndian ? buffer.readDoubleBE(at) : buffer.readDoubleLE(at));
    case "SV":
      return jsonInteger(bigEndian ? buffer.readBigInt64BE(at) : buffer.readBigInt64LE(at));
    case "UV":
      return jsonInteger(bigEndian ? buffer.readBigUInt64BE(at) : buffer.readBigUInt64LE(at));
    default: {
      const group = bigEndian ? buffer.readUInt16BE(at) : buffer.readUInt16LE(at);
      const element = bigEndian ? buffer.readUInt16BE(at + 2) : buffer.readUInt16LE(at + 2);
      return tagText(group, element);
    }
  }
}

/** JSON cannot represent these numbers; PS3.18 F.2.3 uses text. */
function jsonNumber(value: number): DicomValue {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "inf" : "-inf";
}

function jsonInteger(value: bigint): DicomValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

const hex4 = Array.from({ length: 0x100 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, "0"));
/** `(0010,0020)` → `"00100020"` */
export function tagText(group: number, element: number): string {
  return `${hex4[group >> 8]}${hex4[group & 0xff]}${hex4[element >> 8]}${hex4[element & 0xff]}`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape of ISO 2022 is what is looked for
const notPlainAscii = /[\x1b\x80-\xff]/;

function texts(vr: string, raw: RawValue, decode: (bytes: Uint8Array) => string): DicomValue[] | undefined {
  let text = raw.buffer.toString("latin1", raw.start, raw.end);
  if (localisedVrs.has(vr) && notPlainAscii.test(text)) text = decode(raw.buffer.subarray(raw.start, raw.end));
  if (singleTextVrs.has(vr)) {
    const value = trimEnd(text);
    return value === "" ? undefined : [value];
  }
  if (!text.includes("\\")) {
    const value = valueFromText(vr, text);
    return value === null ? undefined : [value];
  }
  const values = text.split("\\").map((part) => valueFromText(vr, part));
  return values.every((value) => value === null) ? undefined : values;
}

function valueFromText(vr: string, text: string): DicomValue {
  if (vr === "PN") return personName(text);
  const value = vr === "UC" ? trimEnd(text) : trimStart(trimEnd(text));
  if (value === "") return null;
  if (vr !== "DS" && vr !== "IS") return value;
  const pattern = vr === "IS" ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
  const number = Number(value);
  // Text that is no number, or that a double would round, stays text (PS3.18 F.2.3).
  if (!pattern.test(value) || !Number.isFinite(number)) return value;
  return vr === "IS" && !Number.isSafeInteger(number) ? value : number;
}

function personName(text: string): PersonName | null {
  const [alphabetic = "", ideographic = "", phonetic = ""] = text.split("=").map((group) => trimStart(trimEnd(group)));
  if (!alphabetic && !ideographic && !phonetic) return null;
  const name: PersonName = {};
  if (alphabetic) name.Alphabetic = alphabetic;
  if (ideographic) name.Ideographic = ideographic;
  if (phonetic) name.Phonetic = phonetic;
  return name;
}

/** Padding is spaces or, for UI and from careless writers, NUL (PS3.5 §6.2). */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === 0x20 || text.charCodeAt(end - 1) === 0)) end--;
  return end === text.length ? text : text.slice(0, end);
}

function trimStart(text: string): string {
  let start = 0;
  while (text.charCodeAt(start) === 0x20) start++;
  return start === 0 ? text : text.slice(start);
}

import { inflateRawSync } from "node:zlib";
import { DomainError } from "../errors.ts";
import { type ElementHeader, elementHeader, undefinedLength } from "./element-header.ts";
import { maxDepth, unpackLimit } from "./limits.ts";
import type { Encoding } from "./reader-types.ts";
import type { TransferSyntax } from "./transfer-syntaxes.ts";
import { swapped } from "./value.ts";
import { longVrs, shortVrs } from "./vr.ts";

/**
 * Rewrites a data set of a native transfer syntax (Implicit VR Little Endian, Explicit VR Big Endian, Deflated) as
 * Explicit VR Little Endian, which every DICOMweb client may request (PS3.18 §8.7.3.5.2). Node only.
 *
 * Values are unchanged, except for the byte order of Big Endian. Sequences get undefined lengths; group lengths
 * (retired) are omitted; an element unknown to the registry becomes UN, as does one too long for its VR's short length
 * (PS3.5 §6.2.2).
 *
 * @returns the pieces of the data set in order; long values are views of `dataSet`, not copies.
 * @throws {DomainError} `dicom.truncated`, `dicom.malformed`; `request.too-large` for what inflates beyond {@link
 * unpackLimit}.
 */
export function toExplicitLittleEndian(dataSet: Buffer, syntax: TransferSyntax): Buffer[] {
  if (!syntax.deflated) return new Reencoder(dataSet, syntax).run();
  try {
    return [inflateRawSync(dataSet, { maxOutputLength: unpackLimit })];
  } catch (error) {
    const large = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw new DomainError(large ? "request.too-large" : "dicom.malformed", { details: { reason: "deflate" } });
  }
}

class Reencoder {
  readonly #data: Buffer;
  readonly #encoding: Encoding;
  readonly #out: Buffer[] = [];

  constructor(data: Buffer, encoding: Encoding) {
    this.#data = data;
    this.#encoding = encoding;
  }

  run(): Buffer[] {
    this.#dataSet(0, this.#data.length, { encoding: this.#encoding, signed: false, depth: 0, delimited: false });
    return this.#out;
  }

  #u16(at: number, { bigEndian }: Encoding): number {
    if (at + 2 > this.#data.length) throw new DomainError("dicom.truncated");
    return bigEndian ? this.#data.readUInt16BE(at) : this.#data.readUInt16LE(at);
  }

  #u32(at: number, { bigEndian }: Encoding): number {
    if (at + 4 > this.#data.length) throw new DomainError("dicom.truncated");
    return bigEndian ? this.#data.readUInt32BE(at) : this.#data.readUInt32LE(at);
  }

  /** Elements from `at` to `end`, or to the item's delimiter. @returns where they ended. */
  #dataSet(
    start: number,
    end: number,
    scope: { encoding: Encoding; signed: boolean; depth: number; delimited: boolean },
  ): number {
    const { encoding, depth } = scope;
    let { signed } = scope;
    let at = start;
    while (at < end) {
      // Zero padding behind the pixels is accepted by the reader, so it gets here.
      if (depth === 0 && isZero(this.#data, at)) return end;
      const group = this.#u16(at, encoding);
      const number = this.#u16(at + 2, encoding);
      if (group === 0xfffe) {
        if (number === 0xe00d && scope.delimited) return at + 8;
        throw malformed("delimiter");
      }
      const { vr, length, size } = this.#head(at, encoding, signed);
      const valueAt = at + size;
      if (length === undefinedLength) {
        // UN of undefined length is a sequence in Implicit VR Little Endian whatever is around it (PS3.5 §6.2.2).
        const inner = vr === "UN" ? { implicit: true, bigEndian: false } : encoding;
        at = this.#sequence(group, number, valueAt, end, { encoding: inner, signed, depth, delimited: true });
        continue;
      }
      const valueEnd = valueAt + length;
      if (valueEnd > end) throw new DomainError("dicom.truncated");
      if (vr === "SQ")
        this.#closedSequence(group, number, valueAt, valueEnd, { encoding, signed, depth, delimited: false });
      else if (number !== 0) this.#element(group, number, vr, valueAt, valueEnd, encoding);
      if (group === 0x0028 && number === 0x0103 && length >= 2) signed = this.#u16(valueAt, encoding) === 1;
      at = valueEnd;
    }
    if (scope.delimited) throw new DomainError("dicom.truncated");
    return at;
  }

  #head(at: number, encoding: Encoding, signed: boolean): ElementHeader {
    const room = this.#data.length - at;
    if (room < 8) throw new DomainError("dicom.truncated");
    const header = elementHeader(this.#data, at, room, encoding, signed);
    if (header === "vr") throw malformed("vr");
    if (header === "short") throw new DomainError("dicom.truncated");
    return header;
  }

  /** A sequence of defined length; the reader keeps an invalid one as bytes, and so it is written. */
  #closedSequence(
    group: number,
    number: number,
    start: number,
    end: number,
    scope: { encoding: Encoding; signed: boolean; depth: number; delimited: boolean },
  ): void {
    const written = this.#out.length;
    try {
      this.#sequence(group, number, start, end, scope);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.#out.length = written;
      this.#element(group, number, "UN", start, end, scope.encoding);
    }
  }

  /** Items of a sequence, or fragments of encapsulated bytes, which never occur in a native syntax. */
  #sequence(
    group: number,
    number: number,
    start: number,
    end: number,
    scope: { encoding: Encoding; signed: boolean; depth: number; delimited: boolean },
  ): number {
    if (scope.depth >= maxDepth) throw malformed("depth");
    const { encoding } = scope;
    this.#write(group, number, "SQ", undefinedLength);
    let at = start;
    for (;;) {
      if (at >= end) {
        if (scope.delimited) throw new DomainError("dicom.truncated");
        break;
      }
      const marker = [this.#u16(at, encoding), this.#u16(at + 2, encoding)] as const;
      const length = this.#u32(at + 4, encoding);
      at += 8;
      if (marker[0] === 0xfffe && marker[1] === 0xe0dd && scope.delimited) break;
      if (marker[0] !== 0xfffe || marker[1] !== 0xe000) throw malformed("item");
      this.#out.push(itemStart);
      const open = length === undefinedLength;
      const itemEnd = open ? end : at + length;
      if (itemEnd > end) throw new DomainError("dicom.truncated");
      at = this.#dataSet(at, itemEnd, { ...scope, depth: scope.depth + 1, delimited: open });
      this.#out.push(itemEndMark);
    }
    this.#out.push(sequenceEndMark);
    return at;
  }

  #element(group: number, number: number, vr: string, start: number, end: number, encoding: Encoding): void {
    const value = this.#data.subarray(start, end);
    const odd = value.length % 2;
    // UN and unknown VRs are unchanged: their units are unknown.
    const bytes = encoding.bigEndian ? swapped(value, vr) : value;
    this.#write(group, number, vr, value.length + odd);
    this.#out.push(bytes);
    if (odd) this.#out.push(Buffer.of(paddingOf(vr)));
  }

  #write(group: number, number: number, vr: string, length: number): void {
    const short = shortVrs.has(vr) && length <= 0xffff;
    const name = short || longVrs.has(vr) || !shortVrs.has(vr) ? vr : "UN";
    const head = Buffer.alloc(short ? 8 : 12);
    head.writeUInt16LE(group, 0);
    head.writeUInt16LE(number, 2);
    head.write(name, 4, "latin1");
    if (short) head.writeUInt16LE(length, 6);
    else head.writeUInt32LE(length, 8);
    this.#out.push(head);
  }
}

const paddingOf = (vr: string): number => (/^(UI|OB|OD|OF|OL|OV|OW|UN)$/.test(vr) ? 0 : 0x20);

function mark(element: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(0xfffe, 0);
  bytes.writeUInt16LE(element, 2);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}
const itemStart = mark(0xe000, undefinedLength);
const itemEndMark = mark(0xe00d, 0);
const sequenceEndMark = mark(0xe0dd, 0);

function malformed(reason: string): DomainError {
  return new DomainError("dicom.malformed", { details: { reason } });
}

/** Whether only zeros follow. */
function isZero(data: Buffer, from: number): boolean {
  for (let at = from; at < data.length; at++) if (data[at] !== 0) return false;
  return true;
}

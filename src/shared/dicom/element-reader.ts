import { DomainError } from "../errors.ts";
import { type DecodeText, textDecoderFor } from "./character-set.ts";
import type { DicomJson } from "./dicom-json.ts";
import { dictionaryByTag } from "./dictionary.ts";
import { bulkElement, elementFromBytes, inlineLimit, longVrs, shortVrs, tagText } from "./value.ts";

/** Sequences inside sequences deeper than this are an attack, not a report. */
const maxDepth = 64;
/** Attributes and items of one object. A whole-slide image of 50,000 tiles stays below. */
const maxElements = 1_000_000;
/** Bytes of values that are kept in memory, of one object. */
const maxHeaderBytes = 64 << 20;
const maxFragments = 2_000_000;
const undefinedLength = 0xffffffff;

/** Bytes the reader wants next, by absolute offset; the driver answers by moving the window there. */
export type Wish = { offset: number; length: number };

/** The part of the data that is in memory: `buffer[0]` stands at `base`; the data end at `end`. */
export type Window = {
  buffer: Buffer;
  base: number;
  readonly end: number /** More follows that we do not want. */;
  cut?: boolean;
};

/** A fragment of encapsulated pixel data: value without its item header. */
export type Fragment = {
  offset: number;
  length: number /** Its bytes begin like a compressed image. */;
  startsFrame: boolean;
};

/** Top-level pixel data as it stands, before frames are made out. */
export type RawPixels =
  | { kind: "native"; tag: string; vr: string; offset: number; length: number }
  | { kind: "encapsulated"; vr: string; offset: number; length: number; offsetTable: number[]; fragments: Fragment[] };

export type ReadResult = {
  dataset: DicomJson;
  characterSets: string[];
  pixels: RawPixels | null;
  extendedOffsets: Buffer | null;
};

export type Encoding = { implicit: boolean; bigEndian: boolean };

const pixelTags = new Set(["7FE00010", "7FE00008", "7FE00009"]);

type Scope = {
  encoding: Encoding;
  decode: DecodeText;
  characterSets: string[];
  /** Pixel Representation of this data set or of the one around it: what `xs` means (PS3.5 §A). */
  signed: boolean;
  depth: number;
};

/**
 * Reads data elements from a window that its driver moves (PS3.5 §7).
 *
 * A generator, so that one reader serves memory and disk: it yields the bytes it lacks and goes on when the
 * window holds them. Values that are too long to keep are stepped over unread, but their last byte must exist.
 */
export class ElementReader {
  readonly window: Window;
  pixels: RawPixels | null = null;
  extendedOffsets: Buffer | null = null;
  #elements = 0;
  #headerBytes = 0;

  constructor(window: Window) {
    this.window = window;
  }

  /**
   * Reads the data set from `start` to the end of the data.
   * @throws {DomainError} `dicom.truncated`, `dicom.malformed`
   */
  *read(start: number, encoding: Encoding): Generator<Wish, ReadResult> {
    const dataset: DicomJson = {};
    const scope: Scope = { encoding, decode: textDecoderFor([]), characterSets: [], signed: false, depth: 0 };
    yield* this.#dataSet(dataset, start, this.window.end, false, scope);
    const { characterSets } = scope;
    return { dataset, characterSets, pixels: this.pixels, extendedOffsets: this.extendedOffsets };
  }

  /** Group 0002 (PS3.10 §7.1): explicit little endian, until an element of another group. */
  *readMeta(start: number): Generator<Wish, { meta: DicomJson; dataSetOffset: number }> {
    const meta: DicomJson = {};
    const scope: Scope = {
      encoding: { implicit: false, bigEndian: false },
      decode: textDecoderFor([]),
      characterSets: [],
      signed: false,
      depth: 0,
    };
    const dataSetOffset = yield* this.#dataSet(meta, start, this.window.end, false, scope, 0x0002);
    return { meta, dataSetOffset };
  }

  /** @returns where the data set ended. */
  *#dataSet(
    out: DicomJson,
    start: number,
    end: number,
    delimited: boolean,
    scope: Scope,
    onlyGroup = 0,
  ): Generator<Wish, number> {
    const { window } = this;
    let at = start;
    while (at < end) {
      if (window.cut && at >= window.end) return at;
      const room = Math.min(12, end - at);
      if (room < 8) throw this.#short(end);
      if (!this.#has(at, room)) yield this.#wish(at, room);
      const { buffer } = window;
      const head = at - window.base;
      const { implicit, bigEndian } = scope.encoding;
      const group = bigEndian ? buffer.readUInt16BE(head) : buffer.readUInt16LE(head);
      const number = bigEndian ? buffer.readUInt16BE(head + 2) : buffer.readUInt16LE(head + 2);
      if (onlyGroup !== 0 && group !== onlyGroup) return at;
      if (group === 0xfffe) {
        if (number === 0xe00d && delimited) return at + 8;
        throw malformed("delimiter");
      }
      this.#count();

      const tag = tagText(group, number);
      let vr: string;
      let length: number;
      let valueAt = at + 8;
      if (implicit) {
        vr = this.#implicitVr(tag, group, number, scope);
        length = bigEndian ? buffer.readUInt32BE(head + 4) : buffer.readUInt32LE(head + 4);
      } else {
        vr = buffer.toString("latin1", head + 4, head + 6);
        if (shortVrs.has(vr)) {
          length = bigEndian ? buffer.readUInt16BE(head + 6) : buffer.readUInt16LE(head + 6);
        } else {
          // A VR of a later edition has the long form too (PS3.5 §6.2, note on unknown VRs).
          if (!longVrs.has(vr) && !/^[A-Z]{2}$/.test(vr)) throw malformed("vr");
          if (room < 12) throw this.#short(end);
          length = bigEndian ? buffer.readUInt32BE(head + 8) : buffer.readUInt32LE(head + 8);
          valueAt = at + 12;
          if (!longVrs.has(vr)) vr = "UN";
        }
      }

      if (length === undefinedLength) {
        at = yield* this.#undefinedLength(out, tag, vr, valueAt, end, scope);
        continue;
      }
      const valueEnd = valueAt + length;
      if (scope.depth === 0 && pixelTags.has(tag)) {
        // A capped window has lost sight of the end; what is known of the pixels stands before them.
        if (valueEnd > end && !window.cut) throw this.#short(end);
        this.pixels ??= { kind: "native", tag, vr, offset: valueAt, length };
        at = valueEnd;
        continue;
      }
      if (valueEnd > end) throw this.#short(end);
      if (vr === "SQ" || (vr === "UN" && !implicit && dictionaryByTag(tag)?.vr === "SQ")) {
        const inner = vr === "UN" ? { ...scope, encoding: { implicit: true, bigEndian: false } } : scope;
        yield* this.#sequence(out, tag, valueAt, valueEnd, inner);
      } else if (length > inlineLimit(vr)) {
        if (tag === "7FE00001" && scope.depth === 0) yield* this.#keepOffsets(valueAt, length);
        this.#put(out, tag, number, bulkElement(vr, valueAt, length));
      } else {
        if (!this.#has(valueAt, length)) yield this.#wish(valueAt, length);
        this.#headerBytes += length;
        if (this.#headerBytes > maxHeaderBytes) throw malformed("header-size");
        this.#value(out, tag, number, vr, valueAt, length, scope);
      }
      at = valueEnd;
    }
    if (delimited) throw this.#short(end);
    return at;
  }

  #value(out: DicomJson, tag: string, number: number, vr: string, at: number, length: number, scope: Scope): void {
    const { window } = this;
    const start = at - window.base;
    const raw = { buffer: window.buffer, start, end: start + length, offset: at };
    let valueVr = vr;
    let { bigEndian } = scope.encoding;
    if (vr === "UN") {
      // UN is implicit little endian whatever is around it; a public tag tells what it was (PS3.5 §6.2.2).
      const known = dictionaryByTag(tag)?.vr;
      if (known && known !== "UN" && known !== "SQ") valueVr = concreteVr(known, scope.signed);
      bigEndian = false;
    }
    if (tag === "7FE00001" && scope.depth === 0) {
      this.extendedOffsets = Buffer.from(raw.buffer.subarray(raw.start, raw.end));
    }
    const element = elementFromBytes(valueVr, raw, bigEndian, scope.decode);
    if (tag === "00080005") {
      scope.characterSets = (element.Value ?? []).map((term) => (typeof term === "string" ? term : ""));
      scope.decode = textDecoderFor(scope.characterSets);
      // JSON is UTF-8 and has to say so (PS3.18 F.2).
      if (element.Value) element.Value = ["ISO_IR 192"];
    } else if (tag === "00280103") {
      scope.signed = element.Value?.[0] === 1;
    }
    this.#put(out, tag, number, element);
  }

  #put(out: DicomJson, tag: string, number: number, element: DicomJson[string]): void {
    // Group lengths and padding say nothing about the patient (PS3.5 §7.2, PS3.10 §7.2); of twins the first counts.
    if (number === 0 || tag === "FFFCFFFC" || tag in out) return;
    out[tag] = element;
  }

  *#undefinedLength(
    out: DicomJson,
    tag: string,
    vr: string,
    at: number,
    end: number,
    scope: Scope,
  ): Generator<Wish, number> {
    if (vr === "SQ" || vr === "UN") {
      const inner = vr === "UN" ? { ...scope, encoding: { implicit: true, bigEndian: false } } : scope;
      return yield* this.#sequence(out, tag, at, end, inner, true);
    }
    if (vr !== "OB" && vr !== "OW") throw malformed("undefined-length");
    const top = scope.depth === 0 && tag === "7FE00010";
    const read = yield* this.#fragments(at, end);
    const length = read.end - 8 - at;
    if (!top) this.#put(out, tag, 1, bulkElement(vr, at, length));
    else this.pixels ??= { kind: "encapsulated", vr, offset: at, length, ...read };
    return read.end;
  }

  /** Items from `at` on (PS3.5 §7.5). @returns where the sequence ended. */
  *#sequence(
    out: DicomJson,
    tag: string,
    start: number,
    end: number,
    scope: Scope,
    delimited = false,
  ): Generator<Wish, number> {
    if (scope.depth >= maxDepth) throw malformed("depth");
    const { bigEndian } = scope.encoding;
    const items: DicomJson[] = [];
    let at = start;
    let closed = false;
    while (at < end) {
      if (end - at < 8) throw this.#short(end);
      if (!this.#has(at, 8)) yield this.#wish(at, 8);
      const head = at - this.window.base;
      const { buffer } = this.window;
      const item = bigEndian
        ? buffer.readUInt32BE(head)
        : buffer.readUInt16LE(head) * 0x10000 + buffer.readUInt16LE(head + 2);
      const length = bigEndian ? buffer.readUInt32BE(head + 4) : buffer.readUInt32LE(head + 4);
      at += 8;
      if (item === 0xfffee0dd && delimited) {
        closed = true;
        break;
      }
      if (item !== 0xfffee000) throw malformed("item");
      this.#count();
      const dataset: DicomJson = {};
      // An item has the character set around it until it declares its own (PS3.3 §C.12.1.1.2).
      const inner: Scope = { ...scope, depth: scope.depth + 1 };
      const open = length === undefinedLength;
      const itemEnd = open ? end : at + length;
      if (itemEnd > end) throw this.#short(end);
      at = yield* this.#dataSet(dataset, at, itemEnd, open, inner);
      items.push(dataset);
    }
    if (delimited && !closed) throw this.#short(end);
    this.#put(out, tag, 1, items.length > 0 ? { vr: "SQ", Value: items } : { vr: "SQ" });
    return at;
  }

  /** Encapsulated pixel data (PS3.5 A.4): Basic Offset Table, then fragments; always little endian. */
  *#fragments(
    start: number,
    end: number,
  ): Generator<Wish, { end: number; offsetTable: number[]; fragments: Fragment[] }> {
    const fragments: Fragment[] = [];
    let offsetTable: number[] | undefined;
    let at = start;
    for (;;) {
      if (end - at < 8) throw this.#short(end);
      const room = Math.min(20, end - at);
      if (!this.#has(at, room)) yield { offset: at, length: room };
      const head = at - this.window.base;
      const { buffer } = this.window;
      const item = buffer.readUInt16LE(head) * 0x10000 + buffer.readUInt16LE(head + 2);
      const length = buffer.readUInt32LE(head + 4);
      at += 8;
      if (item === 0xfffee0dd) return { end: at, offsetTable: offsetTable ?? [], fragments };
      if (item !== 0xfffee000 || length === undefinedLength) throw malformed("fragment");
      if (at + length > end) throw this.#short(end);
      if (!offsetTable) {
        offsetTable = yield* this.#offsetTable(at, length);
      } else {
        if (fragments.length >= maxFragments) throw malformed("fragments");
        const startsFrame = looksLikeFrameStart(buffer, head + 8, Math.min(length, room - 8));
        fragments.push({ offset: at, length, startsFrame });
      }
      at += length;
    }
  }

  *#offsetTable(at: number, length: number): Generator<Wish, number[]> {
    if (length > maxFragments * 4) throw malformed("offset-table");
    if (!this.#has(at, length)) yield this.#wish(at, length);
    const head = at - this.window.base;
    const table: number[] = [];
    for (let i = 0; i + 4 <= length; i += 4) table.push(this.window.buffer.readUInt32LE(head + i));
    return table;
  }

  *#keepOffsets(at: number, length: number): Generator<Wish, void> {
    if (length > maxFragments * 8) throw malformed("offset-table");
    if (!this.#has(at, length)) yield this.#wish(at, length);
    const head = at - this.window.base;
    this.extendedOffsets = Buffer.from(this.window.buffer.subarray(head, head + length));
  }

  #implicitVr(tag: string, group: number, number: number, scope: Scope): string {
    if (number === 0) return "UL";
    // Private creators are always LO (PS3.5 §7.8.1); what they own is unknown without a dictionary of theirs.
    if (group % 2 === 1) return number >= 0x10 && number <= 0xff ? "LO" : "UN";
    return concreteVr(dictionaryByTag(tag)?.vr ?? "UN", scope.signed);
  }

  #has(at: number, length: number): boolean {
    const { base, buffer } = this.window;
    return at >= base && at + length <= base + buffer.length;
  }

  #wish(offset: number, length: number): Wish {
    if (offset + length > this.window.end) throw this.#short(this.window.end);
    return { offset, length };
  }

  #count(): void {
    if (++this.#elements > maxElements) throw malformed("elements");
  }

  /** Something runs past `end`: past the end of the data it was cut off, past that of its item it is wrong. */
  #short(end: number): DomainError {
    if (this.window.cut) return malformed("inflated-size");
    return end >= this.window.end ? new DomainError("dicom.truncated") : malformed("length");
  }
}

function concreteVr(vr: string, signed: boolean): string {
  if (vr === "xs") return signed ? "SS" : "US";
  return vr === "ox" ? "OW" : vr;
}

function malformed(reason: string): DomainError {
  return new DomainError("dicom.malformed", { details: { reason } });
}

/** JPEG and JPEG-LS (FFD8FF), JPEG 2000 and HTJ2K (FF4F FF51, or the JP2 box), JPEG XL (FF0A, or its box). */
function looksLikeFrameStart(buffer: Buffer, at: number, length: number): boolean {
  if (length < 4) return false;
  const first = buffer.readUInt32BE(at);
  if (first >>> 8 === 0xffd8ff || first === 0xff4fff51 || first >>> 16 === 0xff0a) return true;
  if (first !== 0x0000000c || length < 8) return false;
  const box = buffer.toString("latin1", at + 4, at + 8);
  return box === "jP  " || box === "JXL ";
}

import { Repairs, textDecoderFor } from "./character-set.ts";
import type { DicomJson } from "./dicom-json.ts";
import { dictionaryByTag } from "./dictionary.ts";
import {
  elementHeader,
  itemDelimiterTag,
  itemTag,
  sequenceDelimiterTag,
  tagNumber,
  u16,
  u32,
  undefinedLength,
} from "./element-header.ts";
import * as limits from "./limits.ts";
import type { Encoding, Fragment, RawPixels, ReadRequest, ReadResult, Window } from "./reader-types.ts";
import { Tag } from "./tags.ts";
import { bulkElement, elementFromBytes, inlineLimit } from "./value.ts";
import { concreteVr, longVrs, shortVrs } from "./vr.ts";
import { isZero, malformed, type Scope, Unstructured, WindowReader } from "./window-reader.ts";

export type { Encoding, Fragment, RawPixels, ReadRequest, ReadResult, Window };

// Constants of this file: they are read for each element.
const { PixelData, ExtendedOffsetTable, SpecificCharacterSet, PixelRepresentation, DataSetTrailingPadding } = Tag;
const pixelTags = new Set<string>([PixelData, Tag.FloatPixelData, Tag.DoubleFloatPixelData]);

/**
 * Reads data elements from a window that its driver moves (PS3.5 §7). Edge router and archive use it for every object,
 * so they agree on what is valid; `reencode.ts` walks accepted data once more to rewrite it.
 *
 * A generator, so that one reader serves memory, disk and network: it yields the bytes it needs and continues when the
 * window contains them, or when the data have ended. It never goes backwards. Values too long to keep are skipped
 * unread, but their last byte must exist, unless the window is capped.
 */
export class ElementReader extends WindowReader {
  pixels: RawPixels | null = null;
  extendedOffsets: Buffer | null = null;
  /** Character sets with which text was decoded because it was invalid in the declared one. */
  readonly #repairs = new Repairs();
  /** Top-level attributes to keep; all when null. Others are checked all the same. */
  readonly #only: ReadonlySet<string> | null;

  constructor(window: Window, only: ReadonlySet<string> | null = null) {
    super(window, only !== null);
    this.#only = only;
  }

  /**
   * Reads the data set from `start` to the end of the data.
   *
   * @param encoding null for an unknown transfer syntax: its first attribute decides.
   * @param into receives the attributes as they are read, so that those before an error are known.
   * @throws {DomainError} `dicom.truncated`, `dicom.malformed`
   */
  *read(start: number, encoding: Encoding | null, into: DicomJson = {}): Generator<ReadRequest, ReadResult> {
    const scope = topScope(encoding ?? (yield* this.#guessEncoding(start)), this.#repairs);
    yield* this.#dataSet(into, start, false, scope);
    const { characterSets } = scope;
    const { pixels, extendedOffsets } = this;
    return { dataset: into, characterSets, repairedAs: [...this.#repairs.labels], pixels, extendedOffsets };
  }

  /**
   * Group 0002 (PS3.10 §7.1): explicit little endian; its end is given by its group length if that is the end of an
   * element, else by the first element of another group.
   */
  *readMeta(start: number): Generator<ReadRequest, { meta: DicomJson; dataSetOffset: number }> {
    const meta: DicomJson = {};
    const scope = topScope({ implicit: false, bigEndian: false });
    yield* this.need(start, 12, scope);
    const { buffer, base } = this.window;
    const head = start - base;
    // The data set may begin with a group 0002 of its own, which is wrong but must be kept.
    const declared =
      buffer.toString("latin1", head, head + 8) === "\x02\0\0\0UL\x04\0"
        ? start + 12 + buffer.readUInt32LE(head + 8)
        : null;
    const dataSetOffset = yield* this.#dataSet(meta, start, false, scope, { group: 0x0002, until: declared });
    return { meta, dataSetOffset };
  }

  /** Every syntax since 1996 is explicit little endian outside its pixels; older private ones are implicit. */
  *#guessEncoding(start: number): Generator<ReadRequest, Encoding> {
    yield* this.need(start, 6, topScope({ implicit: false, bigEndian: false }));
    const vr = this.window.buffer.toString("latin1", start - this.window.base + 4, start - this.window.base + 6);
    return { implicit: !/^[A-Z]{2}$/.test(vr), bigEndian: false };
  }

  /** @returns where the data set ended. */
  *#dataSet(
    out: DicomJson,
    start: number,
    delimited: boolean,
    scope: Scope,
    only?: { group: number; until: number | null },
  ): Generator<ReadRequest, number> {
    const { window } = this;
    let at = start;
    let behindPixels = false;
    for (;;) {
      if (only && at === only.until && Tag.TransferSyntaxUID in out) return at;
      const end = this.end(scope);
      if (at >= end) {
        if (delimited || (at > end && !(window.cut && behindPixels))) throw this.short(scope);
        return at;
      }
      const room = Math.min(12, end - at);
      if (!this.has(at, room)) {
        yield { offset: at, length: room };
        // The data may end here.
        continue;
      }
      const { buffer } = window;
      const head = at - window.base;
      if (scope.depth === 0 && this.pixels && isZero(buffer, head, room)) return yield* this.zeroTail(at, scope);
      if (room < 8) throw this.short(scope);
      const { implicit, bigEndian } = scope.encoding;
      if (only && u16(buffer, head, bigEndian) !== only.group) return at;
      if (u16(buffer, head, bigEndian) === 0xfffe) {
        if (delimited && tagNumber(buffer, head, bigEndian) === itemDelimiterTag) return at + 8;
        throw malformed("delimiter");
      }
      this.count();
      behindPixels = false;

      const header = elementHeader(buffer, head, room, scope.encoding, scope.signed);
      if (header === "vr") throw malformed("vr");
      if (header === "short") throw this.short(scope);
      const { tag, element: number, length } = header;
      let { vr } = header;
      if (!implicit && shortVrs.has(vr)) {
        // The bytes of a sequence under a text VR are no text.
        if (dictionaryByTag(tag)?.vr === "SQ") vr = "OB";
      } else if (!implicit && !longVrs.has(vr)) vr = "UN";
      const valueAt = at + header.size;
      if (length === undefinedLength) {
        at = yield* this.#undefinedLength(out, tag, vr, valueAt, scope);
        continue;
      }
      const valueEnd = valueAt + length;
      if (scope.depth === 0 && pixelTags.has(tag)) {
        // A capped window does not reach the end; what is known of the pixels precedes them.
        if (valueEnd > end && !window.cut) throw this.short(scope);
        this.pixels ??= { kind: "native", tag, vr, offset: valueAt, length };
        at = valueEnd;
        behindPixels = true;
        continue;
      }
      if (valueEnd > end) throw this.short(scope);
      if (vr === "SQ" || (vr === "UN" && !implicit && dictionaryByTag(tag)?.vr === "SQ"))
        yield* this.#boundedSequence(out, tag, vr, valueAt, valueEnd, scope);
      else yield* this.#plain(out, tag, number, vr, valueAt, length, scope);
      at = valueEnd;
    }
  }

  /** A non-sequence value: kept when short, else left where it is. */
  *#plain(
    out: DicomJson,
    tag: string,
    number: number,
    vr: string,
    at: number,
    length: number,
    scope: Scope,
  ): Generator<ReadRequest, void> {
    if (length > inlineLimit(vr) || (this.isFull && length > limits.fullInlineBytes)) {
      if (tag === ExtendedOffsetTable && scope.depth === 0) yield* this.#keepOffsets(at, length, scope);
      this.charge(limits.bulkCost + limits.pathCost * scope.depth);
      this.#put(out, tag, number, bulkElement(vr, at, length), scope);
      return;
    }
    this.charge(length);
    if (!this.#keeps(tag, scope)) return;
    if (this.#only && length > limits.identityBytes) {
      this.#put(out, tag, number, { vr }, scope);
      return;
    }
    yield* this.need(at, length, scope);
    this.#value(out, tag, number, vr, at, length, scope);
  }

  #value(out: DicomJson, tag: string, number: number, vr: string, at: number, length: number, scope: Scope): void {
    const { window } = this;
    const start = at - window.base;
    const raw = { buffer: window.buffer, start, end: start + length, offset: at };
    let valueVr = vr;
    let { bigEndian } = scope.encoding;
    if (vr === "UN") {
      // UN is implicit little endian whatever surrounds it; for a public tag the registry tells its VR (PS3.5 §6.2.2).
      const known = dictionaryByTag(tag)?.vr;
      if (known && known !== "UN" && known !== "SQ") valueVr = concreteVr(known, scope.signed);
      bigEndian = false;
    }
    if (tag === ExtendedOffsetTable && scope.depth === 0) {
      this.extendedOffsets = Buffer.from(raw.buffer.subarray(raw.start, raw.end));
    }
    const element = elementFromBytes(valueVr, raw, bigEndian, scope.decode);
    if (tag === SpecificCharacterSet) {
      scope.characterSets = (element.Value ?? []).map((term) => (typeof term === "string" ? term : ""));
      scope.decode = textDecoderFor(scope.characterSets, this.#repairs);
      // JSON is UTF-8 and has to declare it (PS3.18 F.2).
      if (element.Value) element.Value = ["ISO_IR 192"];
    } else if (tag === PixelRepresentation) {
      scope.signed = element.Value?.[0] === 1;
    }
    this.#put(out, tag, number, element, scope);
  }

  #keeps(tag: string, scope: Scope): boolean {
    return this.#only === null || (scope.depth === 0 && this.#only.has(tag));
  }

  #put(out: DicomJson, tag: string, number: number, element: DicomJson[string], scope: Scope): void {
    // Group lengths and padding carry no information (PS3.5 §7.2, PS3.10 §7.2); of duplicates the first counts.
    if (number === 0 || tag === DataSetTrailingPadding || tag in out || !this.#keeps(tag, scope)) return;
    out[tag] = element;
  }

  *#undefinedLength(out: DicomJson, tag: string, vr: string, at: number, scope: Scope): Generator<ReadRequest, number> {
    if (vr === "SQ" || vr === "UN") {
      const inner = vr === "UN" ? { ...scope, encoding: { implicit: true, bigEndian: false } } : scope;
      return yield* this.#sequence(out, tag, at, inner, true);
    }
    if (vr !== "OB" && vr !== "OW") throw malformed("undefined-length");
    const top = scope.depth === 0 && tag === PixelData;
    const read = yield* this.fragments(at, scope);
    const length = read.end - 8 - at;
    if (!top) {
      this.charge(limits.bulkCost + limits.pathCost * scope.depth);
      this.#put(out, tag, 1, bulkElement(vr, at, length), scope);
    } else this.pixels ??= { kind: "encapsulated", vr, offset: at, length, ...read };
    return read.end;
  }

  /** A sequence of defined length. Invalid content is kept as bytes: its end is known all the same. */
  *#boundedSequence(
    out: DicomJson,
    tag: string,
    vr: string,
    at: number,
    end: number,
    scope: Scope,
  ): Generator<ReadRequest, void> {
    const encoding = vr === "UN" ? { implicit: true, bigEndian: false } : scope.encoding;
    try {
      yield* this.#sequence(out, tag, at, { ...scope, encoding, bound: end }, false);
    } catch (error) {
      if (!(error instanceof Unstructured)) throw error;
      this.charge(limits.bulkCost + limits.pathCost * scope.depth);
      this.#put(out, tag, 1, bulkElement("UN", at, end - at), scope);
    }
  }

  /** Items from `start` on (PS3.5 §7.5). @returns where the sequence ended. */
  *#sequence(
    out: DicomJson,
    tag: string,
    start: number,
    scope: Scope,
    delimited: boolean,
  ): Generator<ReadRequest, number> {
    if (scope.depth >= limits.maxDepth) throw malformed("depth");
    const { bigEndian } = scope.encoding;
    const items: DicomJson[] = [];
    let at = start;
    while (delimited || at < this.end(scope)) {
      yield* this.need(at, 8, scope);
      const head = at - this.window.base;
      const { buffer } = this.window;
      const item = tagNumber(buffer, head, bigEndian);
      const length = u32(buffer, head + 4, bigEndian);
      at += 8;
      if (item === sequenceDelimiterTag && delimited) break;
      if (item !== itemTag) throw malformed("item");
      this.count();
      const dataset: DicomJson = {};
      const open = length === undefinedLength;
      if (!open && at + length > this.end(scope)) throw this.short(scope);
      // An item inherits the character set until it declares its own (PS3.3 §C.12.1.1.2).
      const inner: Scope = { ...scope, depth: scope.depth + 1, bound: open ? scope.bound : at + length };
      at = yield* this.#dataSet(dataset, at, open, inner);
      if (this.#only === null) items.push(dataset);
    }
    this.#put(out, tag, 1, items.length > 0 ? { vr: "SQ", Value: items } : { vr: "SQ" }, scope);
    return at;
  }

  *#keepOffsets(at: number, length: number, scope: Scope): Generator<ReadRequest, void> {
    if (length > limits.maxFragments * 8) throw malformed("offset-table");
    if (this.#only) return;
    yield* this.need(at, length, scope);
    const head = at - this.window.base;
    this.extendedOffsets = Buffer.from(this.window.buffer.subarray(head, head + length));
  }
}

const topScope = (encoding: Encoding, repairs?: Repairs): Scope => ({
  encoding,
  decode: textDecoderFor([], repairs),
  characterSets: [],
  signed: false,
  depth: 0,
  bound: null,
});

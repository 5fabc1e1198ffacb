import { DomainError } from "../errors.ts";
import type { DecodeText } from "./character-set.ts";
import { itemTag, sequenceDelimiterTag, undefinedLength } from "./element-header.ts";
import { looksLikeFrameStart } from "./frame-start.ts";
import * as limits from "./limits.ts";
import type { Encoding, Fragment, ReadRequest, Window } from "./reader-types.ts";

/** Zeros behind the pixels are checked in pieces of this size. Bytes. */
const tailPiece = 32 << 10;

/** What applies to the elements of one data set. */
export type Scope = {
  encoding: Encoding;
  decode: DecodeText;
  /** Pixel Representation of this data set or of the enclosing one: the meaning of `xs` (PS3.5 §A). */
  signed: boolean;
  characterSets: string[];
  depth: number;
  /** Where the innermost container of defined length ends; null when only the end of the data is an end. */
  bound: number | null;
};

/** Bytes that are no data elements. Inside a container of defined length they affect nothing else. */
export class Unstructured extends DomainError {}

export const malformed = (reason: string): DomainError => new Unstructured("dicom.malformed", { details: { reason } });
const tooMuch = (reason: string): DomainError => new DomainError("dicom.malformed", { details: { reason } });

/** A reader's window, which its driver moves, and the limits of one object. */
export class WindowReader {
  readonly window: Window;
  /** Only a few values are kept, so tables and fragments are skipped and not listed. */
  protected readonly keepsFew: boolean;
  #elements = 0;
  #headerBytes = 0;

  constructor(window: Window, keepsFew: boolean) {
    this.window = window;
    this.keepsFew = keepsFew;
  }

  /** Encapsulated pixel data (PS3.5 A.4): Basic Offset Table, then fragments; always little endian. */
  protected *fragments(
    start: number,
    scope: Scope,
  ): Generator<ReadRequest, { end: number; offsetTable: number[]; fragments: Fragment[] }> {
    const fragments: Fragment[] = [];
    let offsetTable: number[] | undefined;
    let count = 0;
    let at = start;
    for (;;) {
      const room = Math.min(this.keepsFew ? 8 : 20, this.end(scope) - at);
      yield* this.need(at, Math.max(8, room), scope);
      const head = at - this.window.base;
      const { buffer } = this.window;
      const item = buffer.readUInt16LE(head) * 0x10000 + buffer.readUInt16LE(head + 2);
      const length = buffer.readUInt32LE(head + 4);
      at += 8;
      if (item === sequenceDelimiterTag) return { end: at, offsetTable: offsetTable ?? [], fragments };
      if (item !== itemTag || length === undefinedLength) throw malformed("fragment");
      if (at + length > this.end(scope)) throw this.short(scope);
      if (!offsetTable) offsetTable = yield* this.#offsetTable(at, length, scope);
      else {
        if (++count > limits.maxFragments) throw malformed("fragments");
        const startsFrame = looksLikeFrameStart(buffer, head + 8, Math.min(length, room - 8));
        if (!this.keepsFew) fragments.push({ offset: at, length, startsFrame });
      }
      at += length;
    }
  }

  *#offsetTable(at: number, length: number, scope: Scope): Generator<ReadRequest, number[]> {
    if (length > limits.maxFragments * 4) throw malformed("offset-table");
    if (this.keepsFew) return [];
    yield* this.need(at, length, scope);
    const head = at - this.window.base;
    const table: number[] = [];
    for (let i = 0; i + 4 <= length; i += 4) table.push(this.window.buffer.readUInt32LE(head + i));
    return table;
  }

  /** Some writers pad the last block with zeros. Behind the pixels they are padding, and nothing else may follow. */
  protected *zeroTail(start: number, scope: Scope): Generator<ReadRequest, number> {
    let at = start;
    for (;;) {
      const { window } = this;
      const left = this.end(scope) - at;
      if (left <= 0 || window.cut) return Math.min(at, window.end);
      const seen = window.base + window.buffer.length - at;
      if (at < window.base || seen <= 0) {
        yield { offset: at, length: 1 };
        continue;
      }
      const piece = Math.min(left, seen, tailPiece);
      if (!isZero(window.buffer, at - window.base, piece)) throw malformed("tail");
      at += piece;
    }
  }

  /** Whether the window contains these bytes. */
  protected has(at: number, length: number): boolean {
    const { base, buffer } = this.window;
    return at >= base && at + length <= base + buffer.length;
  }

  /** Waits until the window contains these bytes. */
  protected *need(at: number, length: number, scope: Scope): Generator<ReadRequest, void> {
    for (;;) {
      if (at + length > this.end(scope)) throw this.short(scope);
      if (this.has(at, length)) return;
      yield { offset: at, length };
    }
  }

  protected end({ bound }: Scope): number {
    return bound ?? this.window.end;
  }

  protected count(): void {
    if (++this.#elements > limits.maxElements) throw tooMuch("elements");
    this.charge(limits.elementCost);
  }

  protected charge(bytes: number): void {
    this.#headerBytes += bytes;
    if (this.#headerBytes > limits.maxHeaderBytes) throw tooMuch("header-size");
  }

  /** The header has reached its limit; longer values become bulk data. */
  protected get isFull(): boolean {
    return this.#headerBytes > limits.fullHeaderBytes;
  }

  /** Something extends past its end: an error in a container of defined length, a truncation at the end of the data. */
  protected short({ bound }: Scope): DomainError {
    if (bound !== null) return malformed("length");
    return this.window.cut ? tooMuch("inflated-size") : new DomainError("dicom.truncated");
  }
}

export function isZero(buffer: Buffer, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (buffer[i] !== 0) return false;
  return true;
}

import { type BulkLookup, bytes, numbers, type PixelAttributes } from "./attributes.ts";
import type { Lut } from "./description.ts";
import { expandSegments } from "./segmented-lut.ts";

/** A lookup table as encoded, before its scale is determined. */
export type RawLut = { first: number; bits: number; values: Uint16Array };

/**
 * Reads a lookup table (PS3.3 §C.11.1.1.1, §C.7.6.3.1.5).
 *
 * @param tags of its descriptor, its data and, for palettes, its segmented data.
 * @returns null when there is none, or when it has no entries.
 */
export function readLut(
  attributes: PixelAttributes,
  tags: { descriptor: string; data: string; segmented?: string },
  bulk: BulkLookup,
): RawLut | null {
  const [count = 0, first = 0, declared = 16] = numbers(attributes, tags.descriptor);
  // 65,536 entries do not fit into the descriptor's 16 bits and are written as 0.
  const entries = count <= 0 ? 65_536 : Math.min(count, 65_536);
  const bits = declared >= 1 && declared <= 16 ? declared : 16;
  let values = entriesOf(attributes, tags.data, entries, bits, bulk);
  if (!values && tags.segmented) {
    const packed = bytes(attributes, tags.segmented, bulk);
    values = packed ? expandSegments(packed, bits <= 8 ? 1 : 2, entries) : undefined;
  }
  return values && values.length > 0 ? { first, bits, values } : null;
}

function entriesOf(
  attributes: PixelAttributes,
  tag: string,
  entries: number,
  bits: number,
  bulk: BulkLookup,
): Uint16Array | undefined {
  const raw = bytes(attributes, tag, bulk);
  if (!raw) {
    const values = numbers(attributes, tag);
    return values.length > 0 ? Uint16Array.from(values.slice(0, entries)) : undefined;
  }
  // Entries of 8 bits may be packed, or stand one in each word.
  const packed = bits <= 8 && raw.length < entries * 2;
  if (packed) return Uint16Array.from(raw.subarray(0, entries));
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const values = new Uint16Array(Math.min(entries, raw.length >> 1));
  for (let i = 0; i < values.length; i++) values[i] = view.getUint16(i * 2, true);
  return values;
}

/**
 * Determines the scale of a VOI LUT. Some writers declare 16 bits and use 10, or declare 8 and write 12: then the
 * largest entry is white.
 */
export function scaled(lut: RawLut): Lut {
  const largest = lut.values.reduce((a, b) => Math.max(a, b), 0);
  const declared = 2 ** lut.bits - 1;
  const reaches = largest <= declared && largest > declared >> 1;
  return { first: lut.first, values: lut.values, full: reaches ? declared : Math.max(1, largest) };
}

/**
 * Corrects the first input of a table that was written without its sign, or with a wrong one: the possible input values
 * decide (PS3.3 §C.11.1.1.1).
 */
export function firstWithin(first: number, low: number, high: number): number {
  if (low < 0 && first > high && first > 32_767) return first - 65_536;
  if (low >= 0 && first < 0) return first + 65_536;
  return first;
}

/** What a table gives for a value, in its own units. */
export function lookUp({ first, values }: Lut, value: number): number {
  const index = Math.min(Math.max(Math.round(value) - first, 0), values.length - 1);
  return values[index] as number;
}

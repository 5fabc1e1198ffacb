import { DomainError } from "../../errors.ts";
import type { PixelDescription, StoredValues } from "./description.ts";

/** What {@link storedValues} goes by. */
export type PixelCells = Pick<
  PixelDescription,
  "rows" | "columns" | "samplesPerPixel" | "bitsAllocated" | "bitsStored" | "highBit" | "signed" | "float"
>;

/** Bytes that one frame has when nothing is compressed or subsampled. */
export function frameBytes({ rows, columns, samplesPerPixel, bitsAllocated }: PixelCells): number {
  return Math.ceil((rows * columns * samplesPerPixel * bitsAllocated) / 8);
}

/**
 * The stored values in a frame's bytes, little endian: of each pixel cell the stored bits alone, with their sign
 * (PS3.3 §C.7.6.3, PS3.5 §8.1.1). What stands in other bits, overlays or rubbish, is no part of the value.
 *
 * @returns one value a sample, in the order of the bytes.
 * @throws {DomainError} `dicom.truncated` when the frame is shorter than its values.
 */
export function storedValues(bytes: Uint8Array, cells: PixelCells): StoredValues {
  if (bytes.length < frameBytes(cells)) throw new DomainError("dicom.truncated");
  const count = cells.rows * cells.columns * cells.samplesPerPixel;
  if (cells.bitsAllocated === 1) {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) out[i] = ((bytes[i >> 3] as number) >> (i & 7)) & 1;
    return out;
  }
  // Typed arrays stand on whole words of their buffer, and what comes back is the caller's to change.
  const size = cells.bitsAllocated / 8;
  const { buffer } = new Uint8Array(bytes.subarray(0, count * size));
  if (cells.float) return size === 8 ? new Float64Array(buffer) : new Float32Array(buffer);
  const { signed } = cells;
  if (size === 1) return trimmed(signed ? new Int8Array(buffer) : new Uint8Array(buffer), cells);
  if (size === 2) return trimmed(signed ? new Int16Array(buffer) : new Uint16Array(buffer), cells);
  return trimmed(signed ? new Int32Array(buffer) : new Uint32Array(buffer), cells);
}

function trimmed<T extends Exclude<StoredValues, Float32Array | Float64Array>>(
  values: T,
  { bitsAllocated, bitsStored, highBit, signed }: PixelCells,
): T {
  if (bitsStored >= bitsAllocated) return values;
  const up = 31 - highBit;
  const down = 32 - bitsStored;
  for (let i = 0; i < values.length; i++) {
    const raised = (values[i] as number) << up;
    values[i] = signed ? raised >> down : raised >>> down;
  }
  return values;
}

import { DomainError } from "../../errors.ts";
import type { AskedWindow, PixelDescription, StoredValues } from "./description.ts";
import { frameBytes, storedValues } from "./stored-values.ts";
import { chosenVoi, isPadding, modalityFunction, namedVoi, type Voi, voiFunction } from "./voi.ts";

/**
 * {@link toGrey} of a frame's bytes, little endian and not compressed. Where there are no more values than pixels, the grey of each is
 * computed beforehand and looked up by the bits of the cell.
 *
 * @throws {DomainError} `dicom.truncated`
 */
export function greyOfFrame(bytes: Uint8Array, description: PixelDescription, asked?: AskedWindow | null): Uint8Array {
  const { rows, columns, bitsAllocated, bitsStored, highBit, signed, float } = description;
  const voi = namedVoi(description, asked);
  const below = highBit + 1 - bitsStored;
  const byBits =
    !float && (bitsAllocated === 8 || bitsAllocated === 16) && below >= 0 && 2 ** bitsStored <= rows * columns;
  if (!voi || !byBits) return toGrey(storedValues(bytes, description), description, asked);
  if (bytes.length < frameBytes(description)) throw new DomainError("dicom.truncated");
  const shade = greyFunction(description, voi);
  const size = 1 << bitsStored;
  const negative = signed ? size >> 1 : size;
  const table = new Uint8Array(size);
  for (let bits = 0; bits < size; bits++) table[bits] = shade(bits < negative ? bits : bits - size);
  const cells = cellsOf(bytes, description);
  const mask = size - 1;
  const out = new Uint8Array(cells.length);
  for (let i = 0; i < out.length; i++) out[i] = table[((cells[i] as number) >> below) & mask] as number;
  return out;
}

/** The frame's pixel cells, of 8 or 16 bits; copied only where they do not stand on whole words. */
function cellsOf(bytes: Uint8Array, { rows, columns, bitsAllocated }: PixelDescription): Uint8Array | Uint16Array {
  const count = rows * columns;
  if (bitsAllocated === 8) return bytes.subarray(0, count);
  if (bytes.byteOffset % 2 === 0) return new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  return new Uint16Array(new Uint8Array(bytes.subarray(0, count * 2)).buffer);
}

/**
 * Grey of each stored value: modality transformation, VOI transformation, polarity (PS3.4 §N.2). Padding is black in
 * every polarity, as the background is.
 *
 * @param asked window in place of the image's own.
 * @returns 0 (black) to 255, one a pixel.
 */
export function toGrey(values: StoredValues, description: PixelDescription, asked?: AskedWindow | null): Uint8Array {
  const shade = greyFunction(description, chosenVoi(values, description, asked));
  const out = new Uint8Array(values.length);
  const integer = !(values instanceof Float32Array || values instanceof Float64Array) && values.BYTES_PER_ELEMENT < 4;
  if (!integer) {
    for (let i = 0; i < values.length; i++) out[i] = shade(values[i] as number);
    return out;
  }
  // A value that turns up a hundred thousand times is computed once.
  const known = new Int16Array(65_536).fill(-1);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const slot = value & 0xffff;
    if (known[slot] === -1) known[slot] = shade(value);
    out[i] = known[slot] as number;
  }
  return out;
}

/** Grey, 0 to 255, of one stored value. */
export function greyFunction(description: PixelDescription, voi: Voi): (stored: number) => number {
  const modality = modalityFunction(description);
  const shade = voiFunction(voi);
  const { inverse } = description;
  return (stored) => {
    if (isPadding(description, stored)) return 0;
    const level = Math.round(shade(modality(stored)) * 255);
    return inverse ? 255 - level : level;
  };
}

import type { AskedWindow, PixelDescription, StoredValues } from "./description.ts";
import { chosenVoi, isPadding, modalityFunction, type Voi, voiFunction } from "./voi.ts";

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

import type { BuildValue } from "@overread/shared/dicom/build";
import type { AskedWindow } from "@overread/shared/dicom/pixels/description";

export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * An image of eight upright bars, each of one stored value, and what it must look like by the standard. The right values
 * are worked out from the formulas of PS3.3 and stand here as numbers: nothing of the code under test makes them.
 */
export type PixelCase = {
  name: string;
  /** Type of a pixel cell; Bits Stored, High Bit and others may be changed by `elements`. */
  cells: "u8" | "s8" | "u16" | "s16" | "u32" | "s32" | "f32" | "f64" | "bit";
  /** The cell of each bar, as it stands in the file; colour images have a list of samples for each. */
  bars: readonly number[] | readonly (readonly number[])[];
  /** By keyword or tag, beside what the cells and bars make known. */
  elements?: { [name: string]: BuildValue };
  /** Frames of other bars before the one that is looked at. */
  earlierFrames?: readonly (readonly number[])[];
  /** Window of a request in place of the image's own. */
  asked?: AskedWindow;
  /** How many grey levels a right picture may be off; 1 for rounding. */
  tolerance?: number;
} & ({ grey: readonly number[] } | { rgb: readonly Rgb[] } | { refused: RegExp });

/** Bars that rise in seven equal steps from black to white. */
export const ramp = [0, 36, 73, 109, 146, 182, 219, 255];

export const exact = (center: number, width: number): { [name: string]: BuildValue } => ({
  WindowCenter: String(center),
  WindowWidth: String(width),
  VOILUTFunction: "LINEAR_EXACT",
});
export const linear = (center: number, width: number): { [name: string]: BuildValue } => ({
  WindowCenter: String(center),
  WindowWidth: String(width),
});

/** Sixteen-bit words, little endian. */
export function words(values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint16Array.from(values).buffer);
}

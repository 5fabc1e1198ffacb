import { Tag } from "../tags.ts";
import type { BulkLookup, PixelAttributes } from "./attributes.ts";
import type { PixelDescription } from "./description.ts";
import { type RawLut, readLut } from "./lut.ts";

const channels = [1, 2, 3] as const;
/** Red, Green and Blue Palette Color LUT Data, plain and segmented. */
export const paletteTags = [
  Tag.RedPaletteColorLookupTableData,
  Tag.GreenPaletteColorLookupTableData,
  Tag.BluePaletteColorLookupTableData,
  Tag.SegmentedRedPaletteColorLookupTableData,
  Tag.SegmentedGreenPaletteColorLookupTableData,
  Tag.SegmentedBluePaletteColorLookupTableData,
];

/** Palette Color Lookup Tables (PS3.3 §C.7.6.3.1.5, §C.7.9); null when one is missing. */
export function paletteOf(attributes: PixelAttributes, bulk: BulkLookup): PixelDescription["palette"] {
  const tables = channels.map((n) =>
    readLut(attributes, { descriptor: `0028110${n}`, data: `0028120${n}`, segmented: `0028122${n}` }, bulk),
  );
  const [red, green, blue] = tables;
  if (!red || !green || !blue) return null;
  // Tables of "16 bits" of which none passes 255 are of 8, mislabelled: black in all three otherwise.
  const small = [red, green, blue].every(({ values }) => values.every((value) => value <= 255));
  const lut = ({ first, bits, values }: RawLut) => ({ first, values, full: small ? 255 : 2 ** bits - 1 });
  return { red: lut(red), green: lut(green), blue: lut(blue) };
}

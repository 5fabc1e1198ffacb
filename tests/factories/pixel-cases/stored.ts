import { exact, type PixelCase, ramp } from "./pixel-case.ts";

/** Cells of PS3.3 §C.7.6.3 and PS3.5 §8.1.1: `[allocated, stored, high bit, signed]`. */
const layouts: [allocated: 8 | 16 | 32, stored: number, high: number, signed: boolean][] = [
  [8, 8, 7, false],
  [8, 8, 7, true],
  [8, 7, 6, false],
  [8, 6, 5, true],
  [8, 5, 7, false],
  [8, 5, 6, true],
  [16, 16, 15, false],
  [16, 16, 15, true],
  [16, 12, 11, false],
  [16, 12, 11, true],
  [16, 12, 15, false],
  [16, 12, 15, true],
  [16, 12, 13, false],
  [16, 10, 9, false],
  [16, 10, 12, true],
  [16, 14, 13, true],
  [16, 9, 8, false],
  [16, 8, 7, false],
  [16, 8, 15, false],
  [16, 8, 7, true],
  [32, 32, 31, false],
  [32, 32, 31, true],
  [32, 16, 15, false],
  [32, 24, 23, true],
  [32, 20, 31, false],
  [32, 12, 19, true],
];

/** Of eight values from the smallest to the largest, each cell; the other bits empty, or full of what is no value. */
function bars([allocated, stored, high, signed]: (typeof layouts)[number], rubbish: boolean): number[] {
  const lowest = signed ? -(2 ** (stored - 1)) : 0;
  const mask = ((1n << BigInt(stored)) - 1n) << BigInt(high - stored + 1);
  const all = (1n << BigInt(allocated)) - 1n;
  return Array.from({ length: 8 }, (_, i) => {
    const value = BigInt(lowest + Math.round((i * (2 ** stored - 1)) / 7));
    const placed = (value << BigInt(high - stored + 1)) & mask;
    return Number(rubbish ? placed | (all & ~mask) : placed);
  });
}

function layoutCase(layout: (typeof layouts)[number], rubbish: boolean): PixelCase {
  const [allocated, stored, high, signed] = layout;
  const lowest = signed ? -(2 ** (stored - 1)) : 0;
  return {
    name: `${stored} of ${allocated} bits${signed ? ", signed" : ""}, high bit ${high}${rubbish ? ", rubbish in the others" : ""}`,
    cells: `u${allocated}`,
    bars: bars(layout, rubbish),
    elements: {
      BitsStored: stored,
      HighBit: high,
      PixelRepresentation: signed ? 1 : 0,
      ...exact(lowest + (2 ** stored - 1) / 2, 2 ** stored - 1),
    },
    grey: ramp,
    // Eight steps do not divide a few bits evenly: half a step of 31 is 4 greys.
    tolerance: stored < 8 ? 5 : 1,
  };
}

/** From bytes to stored values. */
export const storedCases: PixelCase[] = [
  ...layouts.map((layout) => layoutCase(layout, false)),
  ...layouts.filter(([allocated, stored]) => stored < allocated).map((layout) => layoutCase(layout, true)),
  {
    name: "Bits Stored missing is all of the cell",
    cells: "u8",
    bars: [0, 36, 73, 109, 146, 182, 219, 255],
    elements: { BitsStored: undefined, HighBit: undefined, ...exact(127.5, 255) },
    grey: ramp,
  },
  {
    name: "High Bit below Bits Stored - 1 cannot be: the values stand at the bottom",
    cells: "u16",
    bars: [0, 585, 1170, 1755, 2340, 2925, 3510, 4095],
    elements: { BitsStored: 12, HighBit: 7, ...exact(2047.5, 4095) },
    grey: ramp,
  },
  {
    name: "one bit a pixel",
    cells: "bit",
    bars: [0, 1, 0, 1, 1, 0, 0, 1],
    grey: [0, 255, 0, 255, 255, 0, 0, 255],
  },
  {
    name: "one bit a pixel, the second of two frames",
    cells: "bit",
    earlierFrames: [[1, 1, 1, 1, 0, 0, 0, 0]],
    bars: [0, 1, 0, 1, 1, 0, 0, 1],
    grey: [0, 255, 0, 255, 255, 0, 0, 255],
  },
  {
    name: "one bit a pixel, 1 is black",
    cells: "bit",
    bars: [0, 1, 0, 1, 1, 0, 0, 1],
    elements: { PhotometricInterpretation: "MONOCHROME1" },
    grey: [255, 0, 255, 0, 0, 255, 255, 0],
  },
  {
    name: "one bit a pixel, nothing set",
    cells: "bit",
    bars: [0, 0, 0, 0, 0, 0, 0, 0],
    grey: [0, 0, 0, 0, 0, 0, 0, 0],
  },
  {
    name: "fractional segmentation without a window spans up to its largest value",
    cells: "u8",
    bars: [0, 10, 20, 50, 50, 20, 10, 0],
    elements: { SegmentationType: "FRACTIONAL", MaximumFractionalValue: 100 },
    grey: [0, 26, 51, 128, 128, 51, 26, 0],
  },
  {
    name: "32-bit floating point",
    cells: "f32",
    bars: [0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1],
    elements: exact(0.5, 1),
    grey: [0, 26, 51, 77, 128, 179, 230, 255],
  },
  {
    name: "64-bit floating point",
    cells: "f64",
    bars: [-1e6, -5e5, 0, 1e5, 2e5, 5e5, 8e5, 1e6],
    elements: exact(0, 2e6),
    grey: [0, 64, 128, 140, 153, 191, 230, 255],
  },
  {
    name: "floating point without a window",
    cells: "f32",
    bars: [-0.002, -0.001, 0, 0.001, 0.002, 0.003, 0.004, 0.005],
    grey: ramp,
  },
  {
    name: "floating point that is no number is background",
    cells: "f32",
    bars: [Number.NaN, 0, 100, 200, 300, 400, 500, Number.NaN],
    grey: [0, 0, 51, 102, 153, 204, 255, 0],
  },
  {
    name: "floating point that is no number is background where large is dark, too",
    cells: "f32",
    bars: [Number.NaN, 0, 100, 200, 300, 400, 500, Number.NaN],
    elements: { PhotometricInterpretation: "MONOCHROME1" },
    grey: [0, 255, 204, 153, 102, 51, 0, 0],
  },
];

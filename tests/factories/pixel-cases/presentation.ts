import { dataSet } from "@overread/shared/dicom/build";
import { exact, linear, type PixelCase, ramp, words } from "./pixel-case.ts";

const negative = { PhotometricInterpretation: "MONOCHROME1" };
const fall = [255, 219, 182, 146, 109, 73, 36, 0];
const steps = [0, 585, 1170, 1755, 2340, 2925, 3510, 4095];
const bits = { BitsStored: 12, HighBit: 11 };
const plane = (set: (x: number, y: number) => boolean, rows = 64, columns = 64): Uint8Array => {
  const bytes = new Uint8Array(Math.ceil((rows * columns) / 8));
  for (let i = 0; i < rows * columns; i++)
    if (set(i % columns, Math.floor(i / columns))) bytes[i >> 3] = (bytes[i >> 3] as number) | (1 << (i & 7));
  return bytes;
};
const overlay = (group: string, bytes: Uint8Array, more: object = {}, size = [64, 64]) => ({
  [`${group}0010`]: { vr: "US", Value: [size[0] as number] },
  [`${group}0011`]: { vr: "US", Value: [size[1] as number] },
  [`${group}0040`]: { vr: "CS", Value: ["G"] },
  [`${group}0050`]: { vr: "SS", Value: [1, 1] },
  [`${group}0100`]: { vr: "US", Value: [1] },
  [`${group}0102`]: { vr: "US", Value: [0] },
  [`${group}3000`]: { vr: "OW", bytes },
  ...more,
});
const grey64 = [64, 64, 64, 64, 64, 64, 64, 64];
const same = (value: number) => Array.from({ length: 8 }, () => value);

const polarity: PixelCase[] = [
  { name: "MONOCHROME1", cells: "u16", bars: steps, elements: { ...negative, ...linear(2048, 4096) }, grey: fall },
  {
    name: "MONOCHROME1 with Presentation LUT Shape INVERSE is turned once",
    cells: "u16",
    bars: steps,
    elements: { ...negative, PresentationLUTShape: "INVERSE", ...linear(2048, 4096) },
    grey: fall,
  },
  {
    name: "MONOCHROME2 with Presentation LUT Shape IDENTITY",
    cells: "u16",
    bars: steps,
    elements: { PresentationLUTShape: "IDENTITY", ...linear(2048, 4096) },
    grey: ramp,
  },
  {
    name: "MONOCHROME2 with Presentation LUT Shape INVERSE",
    cells: "u16",
    bars: steps,
    elements: { PresentationLUTShape: "INVERSE", ...linear(2048, 4096) },
    grey: fall,
  },
  { name: "MONOCHROME1 without a window", cells: "u16", bars: steps, elements: negative, grey: fall },
  {
    name: "MONOCHROME1 with SIGMOID",
    cells: "u16",
    bars: [0, 50, 99, 100, 101, 120, 150, 200],
    elements: { ...negative, ...exact(100, 4), VOILUTFunction: "SIGMOID" },
    grey: [255, 255, 186, 128, 69, 0, 0, 0],
  },
  {
    name: "MONOCHROME1 with VOI LUT",
    cells: "u8",
    bars: [0, 1, 2, 3, 4, 5, 6, 7],
    elements: {
      ...negative,
      VOILUTSequence: [dataSet({ LUTDescriptor: [8, 0, 8], LUTData: { vr: "OW", bytes: words(ramp) } })],
    },
    grey: fall,
  },
  {
    name: "MONOCHROME1 with a window that was asked for",
    cells: "u16",
    bars: steps,
    elements: negative,
    asked: { center: 2048, width: 4096, shape: "LINEAR" },
    grey: fall,
  },
  {
    name: "MONOCHROME1 with a negative slope",
    cells: "u16",
    bars: steps,
    elements: { ...negative, RescaleSlope: "-1", RescaleIntercept: "4095", ...exact(2047.5, 4095) },
    grey: ramp,
  },
];

const outer = [-2000, 0, 100, 200, 300, 400, 500, 600];
const outerGrey = [0, 0, 43, 85, 128, 170, 213, 255];
const padding: PixelCase[] = [
  {
    name: "padding does not count for the automatic window",
    cells: "s16",
    bars: outer,
    elements: { PixelPaddingValue: -2000 },
    grey: outerGrey,
  },
  {
    name: "padding coded unsigned with signed pixels",
    cells: "s16",
    bars: outer,
    elements: { PixelPaddingValue: { vr: "US", Value: [63_536] } },
    grey: outerGrey,
  },
  {
    name: "padding of a range",
    cells: "s16",
    bars: [-2000, -1500, -1000, 0, 100, 200, 300, 400],
    elements: { PixelPaddingValue: -2000, PixelPaddingRangeLimit: -1000 },
    grey: [0, 0, 0, 0, 64, 128, 191, 255],
  },
  {
    name: "padding of a range whose limit is the smaller",
    cells: "u16",
    bars: [0, 100, 200, 300, 400, 4000, 4050, 4095],
    elements: { PixelPaddingValue: 4095, PixelPaddingRangeLimit: 4000 },
    grey: [0, 64, 128, 191, 255, 0, 0, 0],
  },
  {
    name: "padding is background where large is dark",
    cells: "u16",
    bars: [0, 1, 586, 1171, 1756, 2341, 3511, 4096],
    elements: { ...negative, PixelPaddingValue: 0 },
    grey: [0, 255, 219, 182, 146, 109, 36, 0],
  },
  {
    name: "padding is background where a window would show it white",
    cells: "u16",
    bars: [4095, 0, 100, 200, 300, 400, 500, 600],
    elements: { PixelPaddingValue: 4095, ...exact(300, 600) },
    grey: [0, 0, 43, 85, 128, 170, 213, 255],
  },
  {
    name: "padding is background under a window that was asked for",
    cells: "s16",
    bars: outer,
    elements: { PixelPaddingValue: -2000, ...negative },
    asked: { center: 300, width: 600, shape: "LINEAR_EXACT" },
    grey: [0, 255, 213, 170, 128, 85, 43, 0],
  },
  {
    name: "padding is a stored value, not a rescaled one",
    cells: "u16",
    bars: [0, 1000, 1100, 1200, 1300, 1400, 1500, 1600],
    elements: { PixelPaddingValue: 0, RescaleSlope: "1", RescaleIntercept: "-1000" },
    grey: outerGrey,
  },
  {
    name: "nothing but padding",
    cells: "s16",
    bars: same(-2000),
    elements: { PixelPaddingValue: -2000 },
    grey: same(0),
  },
];

const ground = { ...exact(127.5, 255) };
const overlays: PixelCase[] = [
  {
    name: "overlay plane",
    cells: "u8",
    bars: grey64,
    elements: {
      ...ground,
      ...overlay(
        "6000",
        plane((x) => x >= 32 && x < 40),
      ),
    },
    grey: [64, 64, 64, 64, 255, 64, 64, 64],
  },
  {
    name: "two overlay planes",
    cells: "u8",
    bars: grey64,
    elements: {
      ...ground,
      ...overlay(
        "6000",
        plane((x) => x < 8),
      ),
      ...overlay(
        "601E",
        plane((x) => x >= 56),
      ),
    },
    grey: [255, 64, 64, 64, 64, 64, 64, 255],
  },
  {
    name: "overlay smaller than the image, from its own origin",
    cells: "u8",
    bars: grey64,
    elements: {
      ...ground,
      ...overlay(
        "6002",
        plane(() => true, 64, 16),
        { "60020050": { vr: "SS", Value: [1, 17] } },
        [64, 16],
      ),
    },
    grey: [64, 64, 255, 255, 64, 64, 64, 64],
  },
  {
    name: "overlay that begins outside the image",
    cells: "u8",
    bars: grey64,
    elements: {
      ...ground,
      ...overlay(
        "6000",
        plane(() => true),
        { "60000050": { vr: "SS", Value: [-3, -47] } },
      ),
    },
    grey: [255, 255, 64, 64, 64, 64, 64, 64],
  },
  {
    name: "overlay on white is black",
    cells: "u8",
    bars: [255, 255, 64, 64, 64, 64, 255, 255],
    elements: {
      ...ground,
      ...overlay(
        "6000",
        plane((x) => x < 24),
      ),
    },
    grey: [0, 0, 255, 64, 64, 64, 255, 255],
  },
  {
    name: "overlay in a spare bit of the pixels",
    cells: "u16",
    bars: [1024, 1024, 1024 | 0x8000, 1024, 1024, 1024 | 0x4000, 1024, 1024],
    elements: {
      ...bits,
      ...exact(2047.5, 4095),
      ...overlay("6000", new Uint8Array(0), {
        "60000100": { vr: "US", Value: [16] },
        "60000102": { vr: "US", Value: [15] },
        "60003000": undefined,
      }),
    },
    grey: [64, 64, 255, 64, 64, 64, 64, 64],
  },
  {
    name: "overlay for the second frame alone, seen on it",
    cells: "u8",
    earlierFrames: [grey64],
    bars: grey64,
    elements: {
      ...ground,
      ...overlay(
        "6000",
        plane((x) => x < 8),
        {
          "60000015": { vr: "IS", Value: [1] },
          "60000051": { vr: "US", Value: [2] },
        },
      ),
    },
    grey: [255, 64, 64, 64, 64, 64, 64, 64],
  },
  {
    name: "overlay for the first frame alone, not seen on the second",
    cells: "u8",
    earlierFrames: [grey64],
    bars: grey64,
    elements: {
      ...ground,
      ...overlay(
        "6000",
        plane((x) => x < 8),
        {
          "60000015": { vr: "IS", Value: [1] },
          "60000051": { vr: "US", Value: [1] },
        },
      ),
    },
    grey: grey64,
  },
  {
    name: "overlay on colour",
    cells: "u8",
    bars: Array.from({ length: 8 }, () => [10, 20, 30]),
    elements: overlay(
      "6000",
      plane((x) => x < 8),
    ),
    rgb: [[255, 255, 255], ...Array.from({ length: 7 }, () => [10, 20, 30] as const)],
  },
];

/** Polarity (§C.11.6, PS3.4 §N.2), padding (§C.7.5.1.1.2) and overlays (§C.9.2). */
export const presentationCases: PixelCase[] = [...polarity, ...padding, ...overlays];

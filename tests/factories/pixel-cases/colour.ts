import type { BuildValue } from "@overread/shared/dicom/build";
import { type PixelCase, type Rgb, words } from "./pixel-case.ts";

/** Primary colours, white, greys and mixtures. */
export const colours: Rgb[] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
  [128, 128, 128],
  [200, 100, 50],
  [20, 40, 220],
  [255, 255, 255],
];
/** The same in YCbCr of full range: Y = 0.299 R + 0.587 G + 0.114 B, Cb and Cr around 128 (§C.7.6.3.1.2). */
export const full: Rgb[] = [
  [76, 85, 255],
  [150, 44, 21],
  [29, 255, 107],
  [226, 1, 149],
  [128, 128, 128],
  [124, 86, 182],
  [55, 221, 103],
  [255, 128, 128],
];
/** The same with luminance from 16 to 235 and differences from 16 to 240. */
const partial: Rgb[] = [
  [81, 90, 240],
  [145, 54, 34],
  [41, 240, 110],
  [210, 16, 146],
  [126, 128, 128],
  [123, 91, 175],
  [63, 210, 106],
  [235, 128, 128],
];
const scale = (of: readonly Rgb[], factor: number): number[][] => of.map((rgb) => rgb.map((value) => value * factor));
const photometric = (value: string, more: { [name: string]: BuildValue } = {}) => ({
  PhotometricInterpretation: value,
  ...more,
});

const colour: PixelCase[] = [
  { name: "RGB by pixel", cells: "u8", bars: colours, rgb: colours },
  { name: "RGB by plane", cells: "u8", bars: colours, elements: { PlanarConfiguration: 1 }, rgb: colours },
  {
    name: "RGB with a window that was left over",
    cells: "u8",
    bars: colours,
    elements: { WindowCenter: "500", WindowWidth: "2000" },
    rgb: colours,
  },
  {
    name: "RGB with rescaling that was left over",
    cells: "u8",
    bars: colours,
    elements: { RescaleSlope: "2", RescaleIntercept: "-1024", WindowCenter: "40", WindowWidth: "400" },
    rgb: colours,
  },
  {
    name: "RGB with a window that was asked for",
    cells: "u8",
    bars: colours,
    asked: { center: 1, width: 2, shape: "LINEAR" },
    rgb: colours,
  },
  {
    name: "RGB with Pixel Padding Value",
    cells: "u8",
    bars: colours,
    elements: { PixelPaddingValue: { vr: "US", Value: [255] } },
    rgb: colours,
  },
  { name: "RGB of 16 bits", cells: "u16", bars: scale(colours, 257), rgb: colours },
  {
    name: "RGB of 16 bits by plane",
    cells: "u16",
    bars: scale(colours, 257),
    elements: { PlanarConfiguration: 1 },
    rgb: colours,
  },
  {
    name: "RGB of 12 in 16 bits",
    cells: "u16",
    bars: scale(colours, 16.0588),
    elements: { BitsStored: 12, HighBit: 11 },
    rgb: colours,
  },
  {
    name: "RGB of 8 in 16 bits",
    cells: "u16",
    bars: colours,
    elements: { BitsStored: 8, HighBit: 7 },
    rgb: colours,
  },
  {
    name: "RGB of 8 in 16 bits at the top",
    cells: "u16",
    bars: scale(colours, 256),
    elements: { BitsStored: 8, HighBit: 15 },
    rgb: colours,
  },
  { name: "RGB of 32 bits", cells: "u32", bars: scale(colours, 0x01010101), rgb: colours },
  { name: "YBR_FULL by pixel", cells: "u8", bars: full, elements: photometric("YBR_FULL"), rgb: colours, tolerance: 3 },
  {
    name: "YBR_FULL by plane",
    cells: "u8",
    bars: full,
    elements: photometric("YBR_FULL", { PlanarConfiguration: 1 }),
    rgb: colours,
    tolerance: 3,
  },
  {
    name: "YBR_FULL of 16 bits",
    cells: "u16",
    bars: scale(full, 257),
    elements: photometric("YBR_FULL"),
    rgb: colours,
    tolerance: 3,
  },
  {
    name: "YBR_FULL_422, two bytes a pixel",
    cells: "u8",
    bars: full,
    elements: photometric("YBR_FULL_422"),
    rgb: colours,
    tolerance: 3,
  },
  {
    name: "YBR_PARTIAL_422, two bytes a pixel",
    cells: "u8",
    bars: partial,
    elements: photometric("YBR_PARTIAL_422"),
    rgb: colours,
    tolerance: 3,
  },
  {
    name: "YBR_PARTIAL_420 with all samples",
    cells: "u8",
    bars: partial,
    elements: photometric("YBR_PARTIAL_420"),
    rgb: colours,
    tolerance: 3,
  },
  {
    name: "YBR_ICT outside of JPEG 2000 can only be RGB",
    cells: "u8",
    bars: colours,
    elements: photometric("YBR_ICT"),
    rgb: colours,
  },
  {
    name: "YBR_RCT outside of JPEG 2000 can only be RGB",
    cells: "u8",
    bars: colours,
    elements: photometric("YBR_RCT"),
    rgb: colours,
  },
  {
    name: "ARGB: the first sample is no colour",
    cells: "u8",
    bars: colours.map((rgb) => [77, ...rgb]),
    elements: photometric("ARGB"),
    rgb: colours,
  },
  {
    name: "HSV",
    cells: "u8",
    bars: colours,
    elements: photometric("HSV"),
    refused: /colours/,
  },
  {
    name: "CMYK",
    cells: "u8",
    bars: colours.map((rgb) => [...rgb, 0]),
    elements: photometric("CMYK"),
    refused: /colours/,
  },
  { name: "grey of three samples", cells: "u8", bars: colours, elements: photometric("MONOCHROME2"), refused: /grey/ },
  {
    name: "colour of one sample",
    cells: "u8",
    bars: [0, 1, 2, 3, 4, 5, 6, 7],
    elements: photometric("RGB"),
    refused: /colour/,
  },
];

const palette = (descriptor: number[], red: Uint8Array, green: Uint8Array, blue: Uint8Array, segmented = false) => {
  const [r, g, b] = segmented ? ["00281221", "00281222", "00281223"] : ["00281201", "00281202", "00281203"];
  return {
    PhotometricInterpretation: "PALETTE COLOR",
    "00281101": { vr: "US", Value: descriptor },
    "00281102": { vr: "US", Value: descriptor },
    "00281103": { vr: "US", Value: descriptor },
    [r as string]: { vr: "OW", bytes: red },
    [g as string]: { vr: "OW", bytes: green },
    [b as string]: { vr: "OW", bytes: blue },
  };
};
const channel = (c: 0 | 1 | 2, factor = 1): number[] => colours.map((rgb) => rgb[c] * factor);
const eight = [0, 1, 2, 3, 4, 5, 6, 7];
const picks = [0, 1, 2, 3, 10, 50, 100, 255];
const spread = (count: number, of: (i: number) => number) => words(Array.from({ length: count }, (_, i) => of(i)));
/** Red i, green 255 - i, blue i / 2. */
const picked: Rgb[] = picks.map((i) => [i, 255 - i, Math.round(i / 2)]);

const palettes: PixelCase[] = [
  {
    name: "palette of 8 bits, packed",
    cells: "u8",
    bars: eight,
    elements: palette(
      [8, 0, 8],
      ...([0, 1, 2].map((c) => Uint8Array.from(channel(c as 0))) as [Uint8Array, Uint8Array, Uint8Array]),
    ),
    rgb: colours,
  },
  {
    name: "palette of 8 bits, one in each word",
    cells: "u8",
    bars: eight,
    elements: palette([8, 0, 8], words(channel(0)), words(channel(1)), words(channel(2))),
    rgb: colours,
  },
  {
    name: "palette of 16 bits",
    cells: "u8",
    bars: eight,
    elements: palette([8, 0, 16], words(channel(0, 257)), words(channel(1, 257)), words(channel(2, 257))),
    rgb: colours,
  },
  {
    name: "palette of 16 bits that holds 8",
    cells: "u8",
    bars: eight,
    elements: palette([8, 0, 16], words(channel(0)), words(channel(1)), words(channel(2))),
    rgb: colours,
  },
  {
    name: "palette that begins later: what is outside takes its ends",
    cells: "u16",
    bars: [0, 99, 100, 101, 102, 103, 104, 4000],
    elements: palette(
      [5, 100, 16],
      words([65_535, 0, 0, 65_535, 0]),
      words([0, 65_535, 0, 65_535, 0]),
      words([0, 0, 65_535, 65_535, 0]),
    ),
    rgb: [
      [255, 0, 0],
      [255, 0, 0],
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [255, 255, 255],
      [0, 0, 0],
      [0, 0, 0],
    ],
  },
  {
    name: "palette of 4,096 entries, windows and rescaling left over",
    cells: "u16",
    bars: [0, 585, 1170, 1755, 2340, 2925, 3510, 4095],
    elements: {
      ...palette(
        [4096, 0, 16],
        spread(4096, (i) => i * 16),
        spread(4096, (i) => 65_535 - i * 16),
        spread(4096, () => 0),
      ),
      RescaleSlope: "2",
      RescaleIntercept: "-1000",
      WindowCenter: "40",
      WindowWidth: "400",
    },
    rgb: [0, 36, 73, 109, 146, 182, 219, 255].map((level) => [level, 255 - level, 0] as const),
  },
  {
    name: "palette of 65,536 entries",
    cells: "u16",
    bars: [0, 9362, 18_724, 28_086, 37_449, 46_811, 56_173, 65_535],
    elements: palette(
      [0, 0, 16],
      spread(65_536, (i) => i),
      spread(65_536, (i) => 65_535 - i),
      spread(65_536, () => 0),
    ),
    rgb: [0, 36, 73, 109, 146, 182, 219, 255].map((level) => [level, 255 - level, 0] as const),
  },
  {
    name: "segmented palette of 16 bits: discrete, then linear",
    cells: "u8",
    bars: picks,
    elements: palette(
      [256, 0, 16],
      words([0, 1, 0, 1, 255, 65_535]),
      words([0, 1, 65_535, 1, 255, 0]),
      words([0, 1, 0, 1, 255, 32_767]),
      true,
    ),
    rgb: picked,
  },
  {
    name: "segmented palette of 8 bits",
    cells: "u8",
    bars: picks,
    elements: palette(
      [256, 0, 8],
      Uint8Array.of(0, 1, 0, 1, 255, 255),
      Uint8Array.of(0, 1, 255, 1, 255, 0),
      Uint8Array.of(0, 1, 0, 1, 255, 127),
      true,
    ),
    rgb: picked,
  },
  {
    name: "segmented palette of several lines",
    cells: "u8",
    bars: [0, 32, 64, 128, 160, 192, 224, 255],
    elements: palette(
      [256, 0, 16],
      words([0, 1, 0, 1, 64, 65_535, 1, 64, 0, 1, 127, 65_535]),
      words([0, 2, 0, 0, 1, 254, 65_024]),
      words([0, 1, 257, 1, 255, 257]),
      true,
    ),
    // Red rises to entry 64, falls to 128, rises to 255; green rises from entry 1 to 255; blue stays.
    rgb: [
      [0, 0, 1],
      [128, 31, 1],
      [255, 63, 1],
      [0, 126, 1],
      [64, 158, 1],
      [129, 190, 1],
      [193, 222, 1],
      [255, 253, 1],
    ],
  },
  {
    // The first three entries, then the same segment again from byte 0.
    name: "segmented palette with an indirect segment",
    cells: "u8",
    bars: [0, 1, 2, 3, 4, 5, 5, 5],
    elements: palette(
      [6, 0, 16],
      words([0, 3, 65_535, 0, 0, 2, 1, 0, 0]),
      words([0, 3, 0, 65_535, 0, 2, 1, 0, 0]),
      words([0, 3, 0, 0, 65_535, 2, 1, 0, 0]),
      true,
    ),
    rgb: [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [0, 0, 255],
      [0, 0, 255],
    ],
  },
  {
    name: "segmented palette that makes too few entries",
    cells: "u8",
    bars: picks,
    elements: palette([256, 0, 16], words([0, 1, 0]), words([0, 1, 0]), words([0, 1, 0]), true),
    refused: /colour table/,
  },
  {
    name: "segmented palette that points into itself",
    cells: "u8",
    bars: picks,
    elements: palette([256, 0, 16], words([2, 1, 0, 0]), words([2, 1, 0, 0]), words([2, 1, 0, 0]), true),
    refused: /colour table/,
  },
  {
    name: "palette that is not there",
    cells: "u8",
    bars: picks,
    elements: photometric("PALETTE COLOR"),
    refused: /colour table/,
  },
];

/** Colour spaces (§C.7.6.3.1.2), 16 and 32 bit colour, palettes (§C.7.9). */
export const colourCases: PixelCase[] = [...colour, ...palettes];

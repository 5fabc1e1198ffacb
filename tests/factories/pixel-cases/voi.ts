import { dataSet } from "@overread/shared/dicom/build";
import { exact, linear, type PixelCase, ramp, words } from "./pixel-case.ts";

const lutItem = (descriptor: number[], data: Uint8Array) =>
  dataSet({ LUTDescriptor: descriptor, LUTData: { vr: "OW", bytes: data } });
const lut = (descriptor: number[], data: Uint8Array) => ({ VOILUTSequence: [lutItem(descriptor, data)] });
const table = (length: number, of: (i: number) => number) => words(Array.from({ length }, (_, i) => Math.round(of(i))));
const sigmoid = (center: number, width: number) => ({ ...exact(center, width), VOILUTFunction: "SIGMOID" });
const twelve = { BitsStored: 12, HighBit: 11 };
const near = [0, 50, 99, 100, 101, 120, 150, 200];
const steps = [0, 585, 1170, 1755, 2340, 2925, 3510, 4095];
const cubic = lut(
  [4096, 0, 12],
  table(4096, (i) => (i / 4095) ** 3 * 4095),
);

const windows: PixelCase[] = [
  { name: "LINEAR, width of all", cells: "u16", bars: steps, elements: linear(2048, 4096), grey: ramp },
  {
    name: "LINEAR, width 1",
    cells: "u16",
    bars: near,
    elements: linear(100, 1),
    grey: [0, 0, 0, 255, 255, 255, 255, 255],
  },
  // The ramp of width 2 goes from 99 to 100.
  {
    name: "LINEAR, width 2",
    cells: "u16",
    bars: near,
    elements: linear(100, 2),
    grey: [0, 0, 0, 255, 255, 255, 255, 255],
  },
  {
    name: "LINEAR, width 3",
    cells: "u16",
    bars: near,
    elements: linear(100.5, 3),
    grey: [0, 0, 0, 128, 255, 255, 255, 255],
  },
  {
    name: "LINEAR, width 256",
    cells: "u8",
    bars: [0, 1, 64, 127, 128, 129, 254, 255],
    elements: linear(128, 256),
    grey: [0, 1, 64, 127, 128, 129, 254, 255],
  },
  {
    name: "LINEAR, width below 1 can only be meant exactly",
    cells: "u16",
    bars: [0, 100, 250, 400, 500, 700, 900, 1000],
    elements: { RescaleSlope: "0.001", RescaleIntercept: "0", ...linear(0.25, 0.5) },
    grey: [0, 51, 128, 204, 255, 255, 255, 255],
  },
  {
    name: "a function that nobody knows is LINEAR",
    cells: "u16",
    bars: near,
    elements: { ...linear(100, 1), VOILUTFunction: "CUBIC" },
    grey: [0, 0, 0, 255, 255, 255, 255, 255],
  },
  {
    name: "LINEAR by name",
    cells: "u16",
    bars: near,
    elements: { ...linear(100, 1), VOILUTFunction: "LINEAR" },
    grey: [0, 0, 0, 255, 255, 255, 255, 255],
  },
  {
    name: "LINEAR_EXACT, width 1",
    cells: "u16",
    bars: near,
    elements: exact(100, 1),
    grey: [0, 0, 0, 128, 255, 255, 255, 255],
  },
  {
    name: "LINEAR_EXACT, width 2",
    cells: "u16",
    bars: near,
    elements: exact(100, 2),
    grey: [0, 0, 0, 128, 255, 255, 255, 255],
  },
  {
    name: "LINEAR_EXACT, width 4",
    cells: "u16",
    bars: near,
    elements: exact(100, 4),
    grey: [0, 0, 64, 128, 191, 255, 255, 255],
  },
  {
    name: "LINEAR_EXACT, width 0.8",
    cells: "u16",
    bars: [0, 1000, 2000, 3000, 4000, 5000, 6000, 8000],
    elements: { RescaleSlope: "0.0001", RescaleIntercept: "0", ...exact(0.4, 0.8) },
    grey: [0, 32, 64, 96, 128, 159, 191, 255],
  },
  {
    name: "LINEAR_EXACT, width 0.001",
    cells: "u16",
    bars: [0, 1, 2, 3, 4, 5, 6, 7],
    elements: { RescaleSlope: "0.0001", RescaleIntercept: "0", ...exact(0.00035, 0.0007) },
    grey: ramp,
  },
  // 255 / (1 + exp(-4 (x - c) / w))
  {
    name: "SIGMOID",
    cells: "u16",
    bars: [0, 1000, 1500, 2000, 2048, 2500, 3000, 4095],
    elements: sigmoid(2048, 2000),
    grey: [4, 28, 64, 121, 128, 182, 222, 251],
  },
  {
    name: "SIGMOID, narrow",
    cells: "u16",
    bars: near,
    elements: sigmoid(100, 4),
    grey: [0, 0, 69, 128, 186, 255, 255, 255],
  },
  {
    name: "SIGMOID, width below 1",
    cells: "u16",
    bars: [0, 100, 250, 400, 500, 700, 900, 1000],
    elements: { RescaleSlope: "0.001", RescaleIntercept: "0", ...sigmoid(0.5, 0.8) },
    grey: [19, 30, 57, 96, 128, 186, 225, 236],
  },
  {
    name: "the first of two windows",
    cells: "u16",
    bars: steps,
    elements: { WindowCenter: ["2048", "100"], WindowWidth: ["4096", "10"] },
    grey: ramp,
  },
  { name: "width 0 is no window", cells: "u16", bars: steps, elements: linear(100, 0), grey: ramp },
  { name: "a negative width is no window", cells: "u16", bars: steps, elements: linear(100, -50), grey: ramp },
  {
    name: "a centre without width is no window",
    cells: "u16",
    bars: steps,
    elements: { WindowCenter: "5" },
    grey: ramp,
  },
  { name: "no window", cells: "u16", bars: steps, grey: ramp },
  { name: "no window, signed", cells: "s16", bars: steps.map((value) => value - 2000), grey: ramp },
  { name: "no window, few values high up", cells: "u16", bars: steps.map((value) => 40_000 + value / 585), grey: ramp },
  {
    name: "a window that was asked for, in place of the image's",
    cells: "u16",
    bars: steps,
    elements: linear(100, 10),
    asked: { center: 2048, width: 4096, shape: "LINEAR" },
    grey: ramp,
  },
  {
    name: "a window that was asked for, in place of the image's table",
    cells: "u16",
    bars: steps,
    elements: { ...twelve, ...cubic },
    asked: { center: 2047.5, width: 4095, shape: "LINEAR_EXACT" },
    grey: ramp,
  },
  {
    name: "a sigmoid that was asked for",
    cells: "u16",
    bars: near,
    asked: { center: 100, width: 4, shape: "SIGMOID" },
    grey: [0, 0, 69, 128, 186, 255, 255, 255],
  },
];

/** As the report keeps the window of a key image: centre and width, the function being the image's own. */
const chosen: PixelCase[] = [
  {
    name: "a window without a function takes the image's sigmoid",
    cells: "u16",
    bars: near,
    elements: sigmoid(5, 7),
    asked: { center: 100, width: 4 },
    grey: [0, 0, 69, 128, 186, 255, 255, 255],
  },
  {
    name: "a window without a function takes the image's LINEAR",
    cells: "u16",
    bars: near,
    elements: linear(5, 7),
    asked: { center: 100, width: 1 },
    grey: [0, 0, 0, 255, 255, 255, 255, 255],
  },
  {
    name: "a window without a function over all of the image's table is the table",
    cells: "u16",
    bars: [0, 500, 1000, 1500, 2000, 2500, 3000, 4095],
    elements: { ...twelve, ...cubic },
    asked: { center: 2047.5, width: 4095 },
    grey: [0, 0, 4, 13, 30, 58, 100, 255],
  },
  {
    name: "a window without a function where the image has none",
    cells: "u16",
    bars: near,
    asked: { center: 100, width: 4 },
    grey: [0, 0, 64, 128, 191, 255, 255, 255],
  },
];

const tables: PixelCase[] = [
  {
    name: "VOI LUT, cubic",
    cells: "u16",
    bars: [0, 500, 1000, 1500, 2000, 2500, 3000, 4095],
    elements: { ...twelve, ...cubic },
    grey: [0, 0, 4, 13, 30, 58, 100, 255],
  },
  {
    name: "VOI LUT of 16 bits that fills 10",
    cells: "u16",
    bars: [0, 128, 256, 384, 512, 640, 768, 1023],
    elements: lut(
      [1024, 0, 16],
      table(1024, (i) => i),
    ),
    grey: [0, 32, 64, 96, 128, 160, 191, 255],
  },
  {
    name: "VOI LUT of 8 bits that holds 12",
    cells: "u16",
    bars: steps,
    elements: lut(
      [4096, 0, 8],
      table(4096, (i) => i),
    ),
    grey: ramp,
  },
  {
    name: "VOI LUT that stops below white on purpose",
    cells: "u16",
    bars: steps,
    elements: lut(
      [4096, 0, 12],
      table(4096, (i) => i * 0.75),
    ),
    grey: [0, 27, 55, 82, 109, 137, 164, 191],
  },
  {
    name: "VOI LUT of 8 bits, one in each word",
    cells: "u8",
    bars: [0, 1, 2, 3, 4, 5, 6, 7],
    elements: lut([8, 0, 8], words([255, 219, 182, 146, 109, 73, 36, 0])),
    grey: [255, 219, 182, 146, 109, 73, 36, 0],
  },
  {
    name: "VOI LUT of 8 bits, packed",
    cells: "u8",
    bars: [0, 1, 2, 3, 4, 5, 6, 7],
    elements: lut([8, 0, 8], Uint8Array.of(255, 219, 182, 146, 109, 73, 36, 0)),
    grey: [255, 219, 182, 146, 109, 73, 36, 0],
  },
  {
    name: "VOI LUT as numbers",
    cells: "u8",
    bars: [0, 1, 2, 3, 4, 5, 6, 7],
    elements: { VOILUTSequence: [dataSet({ LUTDescriptor: [8, 0, 8], LUTData: { vr: "US", Value: ramp } })] },
    grey: ramp,
  },
  {
    name: "VOI LUT that begins later: what is outside takes its ends",
    cells: "u16",
    bars: [0, 999, 1000, 1100, 1200, 1300, 1400, 4000],
    elements: lut(
      [401, 1000, 10],
      table(401, (i) => 1023 - i * 2.5),
    ),
    grey: [255, 255, 255, 193, 130, 68, 6, 6],
  },
  {
    name: "VOI LUT of signed pixels",
    cells: "s16",
    bars: [-1500, -1000, -500, 0, 250, 500, 1000, 2000],
    elements: lut(
      [2000, -1000, 16],
      table(2000, (i) => (i / 1999) * 65_535),
    ),
    grey: [0, 0, 64, 128, 160, 191, 255, 255],
  },
  {
    name: "VOI LUT of signed pixels, its first value coded unsigned",
    cells: "s16",
    bars: [-1500, -1000, -500, 0, 250, 500, 1000, 2000],
    elements: lut(
      [2000, 64_536, 16],
      table(2000, (i) => (i / 1999) * 65_535),
    ),
    grey: [0, 0, 64, 128, 160, 191, 255, 255],
  },
  {
    name: "VOI LUT of Hounsfield units of unsigned pixels, its first value coded unsigned",
    cells: "u16",
    bars: [0, 24, 524, 1024, 1274, 1524, 2024, 4095],
    elements: {
      ...twelve,
      RescaleSlope: "1",
      RescaleIntercept: "-1024",
      ...lut(
        [2000, 64_536, 16],
        table(2000, (i) => (i / 1999) * 65_535),
      ),
    },
    grey: [0, 0, 64, 128, 160, 191, 255, 255],
  },
  {
    name: "VOI LUT after a modality LUT",
    cells: "u8",
    bars: [0, 1, 2, 3, 4, 5, 6, 7],
    elements: {
      ModalityLUTSequence: [lutItem([8, 0, 16], words([700, 600, 500, 400, 300, 200, 100, 0]))],
      ...lut(
        [701, 0, 12],
        table(701, (i) => (i / 700) * 4095),
      ),
    },
    grey: [255, 219, 182, 146, 109, 73, 36, 0],
  },
  {
    name: "VOI LUT of 65,536 entries",
    cells: "u16",
    bars: [0, 9362, 18_724, 28_086, 37_449, 46_811, 56_173, 65_535],
    elements: lut(
      [0, 0, 16],
      table(65_536, (i) => 65_535 - i),
    ),
    grey: [255, 219, 182, 146, 109, 73, 36, 0],
  },
  {
    name: "the first of two VOI LUTs",
    cells: "u8",
    bars: [0, 1, 2, 3, 4, 5, 6, 7],
    elements: {
      VOILUTSequence: [lutItem([8, 0, 8], words(ramp)), lutItem([8, 0, 8], words(ramp.toReversed()))],
    },
    grey: ramp,
  },
  {
    name: "window before VOI LUT, where an image has both",
    cells: "u16",
    bars: steps,
    elements: { ...twelve, ...cubic, ...linear(2048, 4096) },
    grey: ramp,
  },
  {
    name: "VOI LUT, and a window without width",
    cells: "u16",
    bars: [0, 500, 1000, 1500, 2000, 2500, 3000, 4095],
    elements: { ...twelve, ...cubic, ...linear(2048, 0) },
    grey: [0, 0, 4, 13, 30, 58, 100, 255],
  },
];

/** From modality values to shades (§C.11.2). */
export const voiCases: PixelCase[] = [...windows, ...chosen, ...tables];

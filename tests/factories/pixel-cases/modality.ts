import { dataSet } from "@overread/shared/dicom/build";
import { exact, linear, type PixelCase, ramp, words } from "./pixel-case.ts";

const rescale = (slope: number | string | undefined, intercept?: number) => ({
  ...(slope === undefined ? {} : { RescaleSlope: String(slope) }),
  ...(intercept === undefined ? {} : { RescaleIntercept: String(intercept) }),
});
const lut = (descriptor: number[], data: Uint8Array) => ({
  ModalityLUTSequence: [
    dataSet({ LUTDescriptor: descriptor, ModalityLUTType: "US", LUTData: { vr: "OW", bytes: data } }),
  ],
});
const thousands = [0, 100, 200, 300, 400, 500, 600, 700];
const xa = "1.2.840.10008.5.1.4.1.1.12.1";
const rf = "1.2.840.10008.5.1.4.1.1.12.2";
const cr = "1.2.840.10008.5.1.4.1.1.1";
/** Squares of 0 to 255. */
const squares = words(Array.from({ length: 256 }, (_, i) => i * i));

/** From stored to modality values (§C.11.1). */
export const modalityCases: PixelCase[] = [
  { name: "no rescale", cells: "u16", bars: thousands, elements: exact(350, 700), grey: ramp },
  {
    name: "slope and intercept",
    cells: "u16",
    bars: thousands,
    elements: { ...rescale(2, -100), ...exact(600, 1400) },
    grey: ramp,
  },
  { name: "slope alone", cells: "u16", bars: thousands, elements: { ...rescale(0.5), ...exact(175, 350) }, grey: ramp },
  {
    name: "intercept alone",
    cells: "u16",
    bars: thousands,
    elements: { ...rescale(undefined, -1024), ...exact(-674, 700) },
    grey: ramp,
  },
  {
    name: "slope of a thousandth",
    cells: "u16",
    bars: [0, 100, 250, 400, 500, 700, 900, 1000],
    elements: { ...rescale(0.001, 0), ...exact(0.5, 1) },
    grey: [0, 26, 64, 102, 128, 179, 230, 255],
  },
  {
    name: "slope of a millionth",
    cells: "s16",
    bars: thousands,
    elements: { ...rescale("1e-6", 0), ...exact(0.00035, 0.0007) },
    grey: ramp,
  },
  {
    name: "large slope",
    cells: "u16",
    bars: thousands,
    elements: { ...rescale(1234.5, 0), ...exact(432_075, 864_150) },
    grey: ramp,
  },
  {
    name: "negative slope",
    cells: "u16",
    bars: thousands,
    elements: { ...rescale(-1, 700), ...exact(350, 700) },
    grey: [255, 219, 182, 146, 109, 73, 36, 0],
  },
  {
    name: "slope 0 says nothing",
    cells: "u16",
    bars: thousands,
    elements: { ...rescale(0, 0), ...exact(350, 700) },
    grey: ramp,
  },
  {
    name: "Hounsfield units of unsigned values",
    cells: "u16",
    bars: [0, 24, 1024, 1064, 1074, 1114, 1224, 4095],
    elements: { BitsStored: 12, HighBit: 11, ...rescale(1, -1024), ...linear(40, 400) },
    grey: [0, 0, 102, 128, 134, 160, 230, 255],
  },
  {
    name: "Hounsfield units of signed values",
    cells: "s16",
    bars: [-1024, -160, 0, 40, 50, 90, 200, 3071],
    elements: { ...rescale(1, 0), ...linear(40, 400) },
    grey: [0, 0, 102, 128, 134, 160, 230, 255],
  },
  {
    name: "slope, intercept and no window",
    cells: "u16",
    bars: thousands,
    elements: rescale(0.001, -3),
    grey: ramp,
  },
  {
    name: "modality LUT",
    cells: "u16",
    bars: [0, 50, 100, 128, 160, 200, 230, 255],
    elements: { ...lut([256, 0, 16], squares), ...exact(32_512.5, 65_025) },
    grey: [0, 10, 39, 64, 100, 157, 207, 255],
  },
  {
    name: "modality LUT that begins later: what is outside takes its ends",
    cells: "u16",
    bars: [0, 50, 100, 110, 120, 130, 140, 4000],
    elements: { ...lut([51, 100, 16], words(Array.from({ length: 51 }, (_, i) => i * 20))), ...exact(500, 1000) },
    grey: [0, 0, 0, 51, 102, 153, 204, 255],
  },
  {
    name: "modality LUT of signed values",
    cells: "s16",
    bars: [-500, -100, -50, 0, 25, 50, 100, 500],
    elements: { ...lut([201, -100, 16], words(Array.from({ length: 201 }, (_, i) => i))), ...exact(100, 200) },
    grey: [0, 0, 64, 128, 159, 191, 255, 255],
  },
  {
    name: "modality LUT of signed values, its first value coded unsigned",
    cells: "s16",
    bars: [-500, -100, -50, 0, 25, 50, 100, 500],
    elements: {
      ...lut([201, 65_436, 16], words(Array.from({ length: 201 }, (_, i) => i))),
      ...exact(100, 200),
    },
    grey: [0, 0, 64, 128, 159, 191, 255, 255],
  },
  {
    name: "modality LUT of 8 bits, packed",
    cells: "u8",
    bars: [0, 1, 2, 3, 4, 5, 6, 7],
    elements: { ...lut([8, 0, 8], Uint8Array.of(70, 60, 50, 40, 30, 20, 10, 0)), ...exact(35, 70) },
    grey: [255, 219, 182, 146, 109, 73, 36, 0],
  },
  {
    name: "modality LUT of 65,536 entries",
    cells: "u16",
    bars: [0, 9362, 18_724, 28_086, 37_449, 46_811, 56_173, 65_535],
    elements: {
      ...lut([0, 0, 16], words(Array.from({ length: 65_536 }, (_, i) => 65_535 - i))),
      ...exact(32_767.5, 65_535),
    },
    grey: [255, 219, 182, 146, 109, 73, 36, 0],
  },
  {
    name: "modality LUT of an XA image is not for display",
    cells: "u16",
    bars: [0, 50, 100, 128, 160, 200, 230, 255],
    elements: { SOPClassUID: xa, ...lut([256, 0, 16], squares), ...exact(127.5, 255) },
    grey: [0, 50, 100, 128, 160, 200, 230, 255],
  },
  {
    name: "modality LUT of an XRF image is not for display",
    cells: "u16",
    bars: [0, 50, 100, 128, 160, 200, 230, 255],
    elements: { SOPClassUID: rf, ...lut([256, 0, 16], squares), ...exact(127.5, 255) },
    grey: [0, 50, 100, 128, 160, 200, 230, 255],
  },
  {
    name: "modality LUT of a CR image is",
    cells: "u16",
    bars: [0, 50, 100, 128, 160, 200, 230, 255],
    elements: { SOPClassUID: cr, ...lut([256, 0, 16], squares), ...exact(32_512.5, 65_025) },
    grey: [0, 10, 39, 64, 100, 157, 207, 255],
  },
  {
    name: "modality LUT without entries",
    cells: "u16",
    bars: thousands,
    elements: { ...lut([256, 0, 16], new Uint8Array(0)), ...exact(350, 700) },
    refused: /Modality LUT/,
  },
];

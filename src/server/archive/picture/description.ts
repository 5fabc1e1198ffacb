import {
  type DicomJson,
  elementOf,
  numberOf,
  numbersOf,
  sequenceOf,
  stringOf,
  stringsOf,
} from "@overread/shared/dicom/dicom-json";
import { DomainError } from "@overread/shared/errors";

/** How to make values of a frame's bytes (PS3.3 §C.7.6.3), and a picture of its values. Plain, so that it can be sent to a thread. */
export type PixelDescription = {
  transferSyntaxUid: string;
  rows: number;
  columns: number;
  samplesPerPixel: number;
  bitsAllocated: number;
  bitsStored: number;
  signed: boolean;
  /** Samples of one colour stand together. */
  planar: boolean;
  photometric: string;
  /** `float`: Float or Double Float Pixel Data. */
  float: boolean;
  slope: number;
  intercept: number;
  window: Window | null;
  /** Lookup of stored values to output, when the image brings one (VOI LUT Sequence). */
  voiLut: Lut | null;
  palette: { red: Lut; green: Lut; blue: Lut } | null;
};
export type Window = { center: number; width: number; shape: "LINEAR" | "LINEAR_EXACT" | "SIGMOID" };
/** `values[i]` for stored value `first + i`; values before and behind take the ends. */
export type Lut = { first: number; bits: number; values: number[] };

/** Decoded, one frame must stay below this. Bytes. */
const decodedLimit = 256 << 20;

/**
 * @param dataset metadata of the instance. @param frame from 1; enhanced images describe each on its own.
 * @param palettes entries of Red, Green and Blue Palette Color LUT Data, read elsewhere as they may be bulk data.
 * @throws {DomainError} `dicom.cannot-render` when the data set does not describe a picture, or too large a one.
 */
export function describePixels(
  dataset: DicomJson,
  transferSyntaxUid: string,
  frame: number,
  palettes: (tag: string) => Buffer | undefined = () => undefined,
): PixelDescription {
  const number = (name: string): number => Math.trunc(numberOf(dataset, name) ?? 0);
  const rows = number("Rows");
  const columns = number("Columns");
  const samplesPerPixel = number("SamplesPerPixel") || 1;
  const float = "7FE00008" in dataset || "7FE00009" in dataset;
  const bitsAllocated = "7FE00009" in dataset ? 64 : float ? 32 : number("BitsAllocated");
  const sane =
    rows > 0 &&
    columns > 0 &&
    rows <= 65535 &&
    columns <= 65535 &&
    [1, 3, 4].includes(samplesPerPixel) &&
    [1, 8, 16, 32, 64].includes(bitsAllocated);
  // Checked before anything is allocated by it.
  if (!sane || rows * columns * samplesPerPixel * Math.max(1, bitsAllocated / 8) > decodedLimit)
    throw new DomainError("dicom.cannot-render");
  const groups = [...sharedGroups(dataset), ...frameGroups(dataset, frame), dataset];
  const transformation = macro(groups, "00289145") ?? dataset;
  return {
    transferSyntaxUid,
    rows,
    columns,
    samplesPerPixel,
    bitsAllocated,
    bitsStored: number("BitsStored") || bitsAllocated,
    signed: number("PixelRepresentation") === 1,
    planar: number("PlanarConfiguration") === 1,
    photometric: stringOf(dataset, "PhotometricInterpretation") ?? (samplesPerPixel === 1 ? "MONOCHROME2" : "RGB"),
    float,
    slope: numberOf(transformation, "RescaleSlope") || 1,
    intercept: numberOf(transformation, "RescaleIntercept") ?? 0,
    window: windowOf(macro(groups, "00289132") ?? dataset),
    voiLut: lutOf(sequenceOf(dataset, "VOILUTSequence")[0], "LUTDescriptor", "LUTData"),
    palette: paletteOf(dataset, palettes),
  };
}

function frameGroups(dataset: DicomJson, frame: number): DicomJson[] {
  const item = sequenceOf(dataset, "PerFrameFunctionalGroupsSequence")[frame - 1];
  return item ? [item] : [];
}
const sharedGroups = (dataset: DicomJson): DicomJson[] =>
  sequenceOf(dataset, "SharedFunctionalGroupsSequence").slice(0, 1);

/** A functional group macro's item: the frame's own before the shared one. */
function macro(groups: DicomJson[], tag: string): DicomJson | undefined {
  return groups
    .toReversed()
    .map((group) => sequenceOf(group, tag)[0])
    .find((item) => item !== undefined);
}

function windowOf(dataset: DicomJson): Window | null {
  const [center] = numbersOf(dataset, "WindowCenter");
  const [width] = numbersOf(dataset, "WindowWidth");
  if (center === undefined || width === undefined || width < 1e-9) return null;
  const shape = stringsOf(dataset, "VOILUTFunction")[0];
  return { center, width, shape: shape === "SIGMOID" || shape === "LINEAR_EXACT" ? shape : "LINEAR" };
}

function lutOf(item: DicomJson | undefined, descriptorName: string, dataName: string, bulk?: Buffer): Lut | null {
  if (!item) return null;
  const [count = 0, first = 0, bits = 16] = numbersOf(item, descriptorName);
  const entries = count === 0 ? 65536 : count;
  const element = elementOf(item, dataName);
  const bytes = bulk ?? (element?.InlineBinary ? Buffer.from(element.InlineBinary, "base64") : undefined);
  let values: number[] = [];
  if (bytes) {
    // 8-bit entries may be packed, or stand one in each word.
    const wide = bytes.length >= entries * 2;
    for (let i = 0; i < entries; i++) values.push(wide ? bytes.readUInt16LE(i * 2) : (bytes[i] ?? 0));
  } else values = numbersOf(item, dataName);
  return values.length > 0 ? { first, bits: bits === 0 ? 16 : bits, values } : null;
}

function paletteOf(dataset: DicomJson, bulk: (tag: string) => Buffer | undefined): PixelDescription["palette"] {
  const lut = (n: 1 | 2 | 3): Lut | null => lutOf(dataset, `0028110${n}`, `0028120${n}`, bulk(`0028120${n}`));
  const red = lut(1);
  const green = lut(2);
  const blue = lut(3);
  return red && green && blue ? { red, green, blue } : null;
}

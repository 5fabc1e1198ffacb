import { Tag } from "../tags.ts";
import { type BulkLookup, items, number, numbers, type PixelAttributes, text } from "./attributes.ts";
import type { Lut, PixelDescription, Window } from "./description.ts";
import { firstWithin, readLut, scaled } from "./lut.ts";
import { overlaysOf, overlayTags } from "./overlay.ts";
import { paletteOf, paletteTags } from "./palette.ts";

/** Decoded, one frame must stay below this. Bytes. */
const decodedLimit = 256 << 20;
/**
 * XA and XRF, plain and enhanced: their Modality LUT gives X-ray intensity and is not for display (PS3.3 §C.8.7.1.1).
 */
const withoutModalityLut = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.12\.[12](\.1)?$/;
const lutTags = { descriptor: Tag.LUTDescriptor, data: Tag.LUTData };
const greyKinds = ["MONOCHROME1", "MONOCHROME2"];
const colourKinds = /^(RGB|ARGB|YBR_FULL|YBR_FULL_422|YBR_PARTIAL_422|YBR_PARTIAL_420|YBR_ICT|YBR_RCT)$/;

/** From 1; the attributes of an enhanced image, or those the caller flattened for one frame, describe each on its own. */
export type DescribeOptions = { frame?: number; transferSyntaxUid?: string; bulk?: BulkLookup };

/**
 * Reads how to interpret the pixels of a frame, from DICOM JSON metadata or a data set.
 *
 * Never throws: what cannot be rendered correctly has a `refusal` text.
 *
 * @param options.bulk returns tables and overlays that are bulk data; {@link neededBulk} lists them.
 */
export function describePixels(attributes: PixelAttributes, options: DescribeOptions = {}): PixelDescription {
  const { frame = 1, bulk = () => undefined } = options;
  const whole = (tag: string): number => Math.trunc(number(attributes, tag) ?? 0);
  const samplesPerPixel = whole(Tag.SamplesPerPixel) || 1;
  const float = Tag.FloatPixelData in attributes || Tag.DoubleFloatPixelData in attributes;
  const bitsAllocated = Tag.DoubleFloatPixelData in attributes ? 64 : float ? 32 : whole(Tag.BitsAllocated);
  const stored = whole(Tag.BitsStored);
  const bitsStored = stored >= 1 && stored <= bitsAllocated ? stored : bitsAllocated;
  const high = attributes[Tag.HighBit] ? whole(Tag.HighBit) : -1;
  const highBit = high >= bitsStored - 1 && high < bitsAllocated ? high : bitsStored - 1;
  const photometric =
    text(attributes, Tag.PhotometricInterpretation) ?? (samplesPerPixel === 1 ? "MONOCHROME2" : "RGB");
  const { transformation, voi } = groupsOf(attributes, frame);
  const description: PixelDescription = {
    refusal: null,
    transferSyntaxUid:
      options.transferSyntaxUid ??
      text(attributes, Tag.AvailableTransferSyntaxUID) ??
      text(attributes, Tag.TransferSyntaxUID) ??
      "",
    rows: whole(Tag.Rows),
    columns: whole(Tag.Columns),
    samplesPerPixel,
    bitsAllocated,
    bitsStored,
    highBit,
    signed: whole(Tag.PixelRepresentation) === 1,
    planar: whole(Tag.PlanarConfiguration) === 1,
    photometric,
    float,
    slope: number(transformation, Tag.RescaleSlope) || 1,
    intercept: number(transformation, Tag.RescaleIntercept) ?? 0,
    modalityLut: null,
    windows: windowsOf(voi),
    voiLuts: [],
    inverse: photometric === "MONOCHROME1" || text(attributes, Tag.PresentationLUTShape) === "INVERSE",
    padding: null,
    valueRange: valueRangeOf(attributes, bitsStored),
    palette: photometric === "PALETTE COLOR" ? paletteOf(attributes, bulk) : null,
    overlays: overlaysOf(attributes, frame, bulk),
  };
  const refusal = refusalOf(description, attributes);
  if (refusal) return { ...description, refusal };
  const [low, highest] = storedRange(description);
  description.padding = paddingOf(attributes, low, highest);
  const modality = items(attributes, Tag.ModalityLUTSequence)[0];
  if (modality && !withoutModalityLut.test(text(attributes, Tag.SOPClassUID) ?? "")) {
    const lut = readLut(modality, lutTags, bulk);
    if (!lut)
      return { ...description, refusal: "The table that makes this image's values (Modality LUT) cannot be read." };
    description.modalityLut = { ...scaled(lut), first: firstWithin(lut.first, low, highest) };
  }
  description.voiLuts = voiLutsOf(voi, description, bulk);
  return description;
}

/** BulkDataURIs that {@link describePixels} needs for a frame. */
export function neededBulk(attributes: PixelAttributes, frame = 1): string[] {
  const { voi } = groupsOf(attributes, frame);
  const luts = [...items(attributes, Tag.ModalityLUTSequence), ...items(voi, Tag.VOILUTSequence)].map(
    (item) => item[Tag.LUTData],
  );
  const palette =
    text(attributes, Tag.PhotometricInterpretation) === "PALETTE COLOR"
      ? paletteTags.map((tag) => attributes[tag])
      : [];
  const overlays = overlayTags(attributes).map((tag) => attributes[tag]);
  return [...luts, ...palette, ...overlays].flatMap((element) => element?.BulkDataURI ?? []);
}

/** Smallest and largest value of the stored bits. */
export function storedRange({ bitsStored, signed, float }: PixelDescription): [low: number, high: number] {
  if (float) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return signed ? [-(2 ** (bitsStored - 1)), 2 ** (bitsStored - 1) - 1] : [0, 2 ** bitsStored - 1];
}

/** Where value transformation and window are: in the frame's macros, the shared ones, or the image itself. */
function groupsOf(
  attributes: PixelAttributes,
  frame: number,
): { transformation: PixelAttributes; voi: PixelAttributes } {
  const groups = [
    items(attributes, Tag.PerFrameFunctionalGroupsSequence)[frame - 1],
    items(attributes, Tag.SharedFunctionalGroupsSequence)[0],
  ];
  const macro = (tag: string): PixelAttributes => {
    for (const group of groups) {
      const item = group && items(group, tag)[0];
      if (item) return item;
    }
    return attributes;
  };
  return { transformation: macro(Tag.PixelValueTransformationSequence), voi: macro(Tag.FrameVOILUTSequence) };
}

function windowsOf(voi: PixelAttributes): Window[] {
  const centers = numbers(voi, Tag.WindowCenter);
  const widths = numbers(voi, Tag.WindowWidth);
  const declared = text(voi, Tag.VOILUTFunction);
  const windows: Window[] = [];
  for (const [i, center] of centers.entries()) {
    const width = widths[i];
    if (width === undefined || width <= 0) continue;
    // LINEAR requires a width of at least 1 (§C.11.2.1.2); maps of 0 to 1 with a smaller one mean LINEAR_EXACT.
    const linear = width < 1 ? "LINEAR_EXACT" : "LINEAR";
    windows.push({ center, width, shape: declared === "SIGMOID" || declared === "LINEAR_EXACT" ? declared : linear });
  }
  return windows;
}

function voiLutsOf(voi: PixelAttributes, description: PixelDescription, bulk: BulkLookup): Lut[] {
  const [low, high] = modalityRange(description);
  return items(voi, Tag.VOILUTSequence).flatMap((item) => {
    const lut = readLut(item, lutTags, bulk);
    return lut ? [{ ...scaled(lut), first: firstWithin(lut.first, low, high) }] : [];
  });
}

function modalityRange(description: PixelDescription): [low: number, high: number] {
  const { modalityLut, slope, intercept } = description;
  if (modalityLut) return [0, 65_535];
  const [a, b] = storedRange(description).map((value) => value * slope + intercept) as [number, number];
  return [Math.min(a, b), Math.max(a, b)];
}

/** Pixel Padding Value and its Range Limit (§C.7.5.1.1.2), which may be written without the sign of the pixels. */
function paddingOf(attributes: PixelAttributes, low: number, high: number): PixelDescription["padding"] {
  const value = number(attributes, Tag.PixelPaddingValue);
  if (value === undefined) return null;
  const signed = (each: number): number => firstWithin(each, low, high);
  const limit = number(attributes, Tag.PixelPaddingRangeLimit) ?? value;
  return {
    low: Math.min(signed(value), signed(limit)),
    high: Math.max(signed(value), signed(limit)),
  };
}

function valueRangeOf(attributes: PixelAttributes, bitsStored: number): PixelDescription["valueRange"] {
  const largest = number(attributes, Tag.MaximumFractionalValue);
  if (text(attributes, Tag.SegmentationType) === "FRACTIONAL" && largest) return { low: 0, high: largest };
  return bitsStored === 1 ? { low: 0, high: 1 } : null;
}

function refusalOf(description: PixelDescription, attributes: PixelAttributes): string | null {
  const { rows, columns, samplesPerPixel, bitsAllocated, photometric, palette, float } = description;
  if (rows < 1 || columns < 1) return "This object has no picture.";
  if (rows > 65_535 || columns > 65_535) return "The image gives a size that no image can have.";
  if (![1, 8, 16, 32].includes(bitsAllocated) && !float)
    return `The image keeps ${bitsAllocated} bits for each value, which cannot be drawn here.`;
  if (rows * columns * samplesPerPixel * Math.max(1, bitsAllocated / 8) > decodedLimit)
    return "The image is too large to be drawn here.";
  if (photometric === "PALETTE COLOR") {
    if (samplesPerPixel !== 1) return "The image has a colour table and more than one value for each pixel.";
    return palette ? null : "The colour table of this image is missing or cannot be read.";
  }
  if (greyKinds.includes(photometric))
    return samplesPerPixel === 1 ? null : "The image is said to be grey but has more than one value for each pixel.";
  if (!colourKinds.test(photometric)) return "The colours of this image are of a kind that cannot be drawn here.";
  if (samplesPerPixel !== (photometric === "ARGB" ? 4 : 3))
    return "The image is said to be in colour but has not the values for it.";
  if (bitsAllocated === 1 || float || number(attributes, Tag.PixelRepresentation) === 1)
    return "The colours of this image are coded in a way that cannot be drawn here.";
  return null;
}

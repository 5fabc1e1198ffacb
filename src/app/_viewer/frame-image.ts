import * as core from "@cornerstonejs/core";
import type { Attributes } from "@overread/shared/dicom/attributes";
import { describePixels, neededBulk } from "@overread/shared/dicom/pixels/describe";
import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { drawPixels, isColour } from "@overread/shared/dicom/pixels/draw-pixels";
import { streamLength } from "@overread/shared/dicom/pixels/htj2k-stream";
import { storedValues } from "@overread/shared/dicom/pixels/stored-values";
import { chosenVoi } from "@overread/shared/dicom/pixels/voi";
import { Tag } from "@overread/shared/dicom/tags";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { bulkData } from "./archive.ts";
import { type DecodedFrame, decodeFrame } from "./decode-frame.ts";
import { displayedValues } from "./displayed-values.ts";
import { type FrameRequest, fetchFrame, type StoredFrame } from "./fetch-frame.ts";
import type { Frame } from "./frame.ts";
import { previewsOf } from "./preview.ts";
import { reduced, reductionOf } from "./texture-limit.ts";
import { ViewerError } from "./viewer-error.ts";
import { rangeOf, type Voi, voiOf } from "./voi.ts";

/** The window an image is shown with by default; null for colour. */
const voiOfImage = new WeakMap<core.Types.IImage, Voi>();

export function sentVoi(image: core.Types.IImage): Voi | null {
  return voiOfImage.get(image) ?? null;
}

/**
 * Fetches and decodes one frame, and interprets it by the same pixel description that the server renders with.
 *
 * Replaces the library's loader, which ignores lookup tables, takes fractions for integers and reads bits that do not
 * belong to the value.
 *
 * @throws {ViewerError} also for what cannot be rendered correctly.
 */
export async function loadFrameImage(frame: Frame, dicomwebRoot: string, urgent: boolean): Promise<core.Types.IImage> {
  const described = await descriptionOf(frame, dicomwebRoot);
  if (described.refusal) throw new ViewerError("unreadable", described.refusal);
  const preview = urgent ? previewsOf(frame, described) : null;
  const { bytes, description } = await fetchAndDecode(frame, described, urgent, preview?.onPart).finally(preview?.end);
  try {
    return isColour(description) ? colourImage(frame, description, bytes) : greyImage(frame, description, bytes);
  } catch (error) {
    throw new ViewerError("unreadable", "The image is damaged: its pixels do not fill it.", { cause: error });
  }
}

/** A rendition that does not decode, or not to all of the image, is as good as none: then the image itself is fetched. */
async function fetchAndDecode(
  frame: Frame,
  described: PixelDescription,
  urgent: boolean,
  onPart?: FrameRequest["onPart"],
): Promise<DecodedFrame> {
  const stored = await fetchFrame(frame.imageId, { urgent, ...(onPart ? { onPart } : {}) });
  const decode = (each: StoredFrame) => decodeFrame(each, { ...described, transferSyntaxUid: each.transferSyntaxUid });
  const isRendition =
    stored.transferSyntaxUid === TS.htj2kLosslessRpcl && described.transferSyntaxUid !== TS.htj2kLosslessRpcl;
  if (!isRendition) return decode(stored);
  try {
    // A decoder takes what is cut short for an image of less detail.
    if (streamLength(stored.bytes) === stored.bytes.length) return await decode(stored);
  } catch (error) {
    if (!(error instanceof ViewerError)) throw error;
  }
  return decode(await fetchFrame(frame.imageId, { urgent, original: true }));
}

/** Of a grey frame that has no tables, from its bytes: little endian, not compressed. */
export const greyFrameImage = (frame: Frame, bytes: Uint8Array): core.Types.IImage =>
  greyImage(frame, describePixels(frame.instance, { frame: frame.frameNumber, bulk: () => undefined }), bytes);

/** Lookup tables and overlays stored as bulk data, by address; shared by all frames of an instance. */
const tables = new Map<string, Promise<Uint8Array>>();
const mostTables = 200;

async function descriptionOf(frame: Frame, dicomwebRoot: string): Promise<PixelDescription> {
  const attributes = withPixelKind(frame.instance);
  const bulk = new Map<string, Uint8Array>();
  await Promise.all(
    neededBulk(attributes, frame.frameNumber).map(async (uri) => bulk.set(uri, await tableAt(dicomwebRoot, uri))),
  );
  return describePixels(attributes, { frame: frame.frameNumber, bulk: (uri) => bulk.get(uri) });
}

/** Metadata omits the pixels; an image without Bits Allocated holds floating point values. */
function withPixelKind(instance: Attributes): Attributes {
  if (instance[Tag.BitsStored]?.Value?.length || Tag.FloatPixelData in instance || Tag.DoubleFloatPixelData in instance)
    return instance;
  const bits = Number(instance[Tag.BitsAllocated]?.Value?.[0]);
  return bits === 32 || bits === 64
    ? { ...instance, [bits === 64 ? Tag.DoubleFloatPixelData : Tag.FloatPixelData]: {} }
    : instance;
}

function tableAt(dicomwebRoot: string, uri: string): Promise<Uint8Array> {
  const known = tables.get(uri);
  if (known) return known;
  const coming = bulkData(dicomwebRoot, uri).then((bytes) => new Uint8Array(bytes));
  coming.catch(() => tables.delete(uri));
  const [oldest] = tables.keys();
  if (oldest !== undefined && tables.size >= mostTables) tables.delete(oldest);
  tables.set(uri, coming);
  return coming;
}

function greyImage(frame: Frame, description: PixelDescription, bytes: Uint8Array): core.Types.IImage {
  const stored = storedValues(bytes, description);
  const voi = voiOf(chosenVoi(stored, description));
  const range = rangeOf(voi);
  // Without WebGL the library draws only linear windows over integers; anything else is shown as rendered here.
  const plain = voi.shape === "LINEAR" && voi.width >= 2 && description.overlays.length === 0 && !description.padding;
  if (core.getShouldUseCPURendering() && !plain) return colourImage(frame, description, bytes);
  const { values, min, max } = displayedValues(stored, description, bytes, range);
  const image = imageOf(frame, values, 1, min, max);
  const { windowWidth, windowCenter } = core.utilities.windowLevel.toWindowLevel(range.lower, range.upper);
  Object.assign(image, { windowWidth, windowCenter });
  voiOfImage.set(image, voi);
  return image;
}

/** Images without a window: colour, and images rendered completely here. */
function colourImage(frame: Frame, description: PixelDescription, bytes: Uint8Array): core.Types.IImage {
  const { data: drawn, channels } = drawPixels(bytes, description);
  const data =
    channels === 3 ? drawn : Uint8Array.from({ length: drawn.length * 3 }, (_, i) => drawn[Math.floor(i / 3)] ?? 0);
  // The CPU renderer needs RGBA.
  const alpha = core.getShouldUseCPURendering();
  const image = imageOf(frame, alpha ? withAlpha(data) : data, alpha ? 4 : 3, 0, 255);
  Object.assign(image, { color: true, rgba: alpha, windowWidth: 256, windowCenter: 128 });
  return image;
}

/**
 * A plane out of a volume, as an image like any other: whole numbers where the volume has them.
 *
 * @param values NaN where there is none.
 * @param range of the volume, so that dragging the window feels the same on every plane.
 * @param whole the volume has whole numbers only.
 * @param voi the window that the images of the volume are sent with.
 */
export function planeImage(
  frame: Frame,
  values: Float32Array,
  { min, max }: { min: number; max: number },
  whole: boolean,
  voi: Voi,
): core.Types.IImage {
  // Where there is nothing it is dark, under any usual window.
  const far = Math.ceil(2 * (max - min) + 1);
  const nothing = frame.inverse ? Math.ceil(max) + far : Math.floor(min) - far;
  const fits = whole && Math.min(min, nothing) >= -32_768 && Math.max(max, nothing) <= 32_767;
  const drawn = fits ? new Int16Array(values.length) : new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    drawn[i] = Number.isNaN(value) ? nothing : whole ? Math.round(value) : value;
  }
  const image = imageOf(frame, drawn, 1, min, max);
  const range = rangeOf(voi);
  const { windowWidth, windowCenter } = core.utilities.windowLevel.toWindowLevel(range.lower, range.upper);
  Object.assign(image, { windowWidth, windowCenter });
  voiOfImage.set(image, voi);
  return image;
}

function withAlpha(rgb: Uint8Array): Uint8Array {
  const out = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let i = 0; i * 3 < rgb.length; i++) out.set(rgb.subarray(i * 3, i * 3 + 3), i * 4);
  return out;
}

type Pixels = Uint8Array | Int16Array | Uint16Array | Float32Array;

function imageOf(frame: Frame, whole: Pixels, components: number, min: number, max: number): core.Types.IImage {
  const factor = reductionOf(frame);
  const data = factor === 1 ? whole : reduced(whole, frame, components, factor);
  const rows = Math.ceil(frame.rows / factor);
  const columns = Math.ceil(frame.columns / factor);
  const image: core.Types.IImage = {
    imageId: frame.imageId,
    dataType: data.constructor.name as core.Types.PixelDataTypedArrayString,
    rows,
    columns,
    height: rows,
    width: columns,
    color: false,
    rgba: false,
    numberOfComponents: components,
    minPixelValue: min,
    maxPixelValue: max,
    // The values are modality values already.
    slope: 1,
    intercept: 0,
    // Without parameters the library stumbles over every PET image, and draws none.
    preScale: { enabled: true, scaled: true, scalingParameters: {} },
    windowCenter: 0,
    windowWidth: 1,
    // The curve is ours; the library is told every window is linear.
    voiLUTFunction: core.Enums.VOILUTFunctionType.LINEAR,
    invert: false,
    rowPixelSpacing: frame.size.row * factor,
    columnPixelSpacing: frame.size.column * factor,
    sizeInBytes: data.byteLength,
    imageQualityStatus: core.Enums.ImageQualityStatus.FULL_RESOLUTION,
    voxelManager: core.utilities.VoxelManager.createImageVoxelManager({
      scalarData: data,
      width: columns,
      height: rows,
      numberOfComponents: components,
    }),
    getPixelData: () => data,
    getCanvas: () => canvasOf(data, rows, columns),
  };
  return image;
}

/** Source of colour pixels for the CPU renderer. */
function canvasOf(data: Pixels, rows: number, columns: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  canvas.getContext("2d")?.putImageData(new ImageData(Uint8ClampedArray.from(data), columns, rows), 0, 0);
  return canvas;
}

import { type Attributes, items, number, numbers, text, texts } from "./attributes.ts";
import { inOrder } from "./order.ts";

import { type PixelSize, pixelSize } from "./spacing.ts";
import { type UltrasoundScale, ultrasoundScale } from "./ultrasound.ts";
import { cross, dot, unit, type Vec3 } from "./vectors.ts";
import type { Shape } from "./voi.ts";

export type NamedWindow = { name: string; center: number; width: number; shape: Shape };

/** One picture on the screen: a single-frame instance or one frame of a multi-frame one. */
export type Frame = {
  /** What Cornerstone calls it: `wadors:` and the frame's address. */
  imageId: string;
  sopInstanceUid: string;
  sopClassUid: string;
  seriesInstanceUid: string;
  /** From 1. */
  frameNumber: number;
  numberOfFrames: number;
  /** What the reader calls this image: Instance Number, or the frame number of a multi-frame instance. */
  imageNumber: number | null;
  rows: number;
  columns: number;
  samplesPerPixel: number;
  photometricInterpretation: string;
  /** The largest value is black (PS3.3 §C.7.6.3.1.2, §C.11.6.1.2). */
  inverse: boolean;
  size: PixelSize;
  /** Null for what is no ultrasound image with regions. */
  ultrasound: UltrasoundScale | null;
  /** Patient coordinates, mm; null where the modality gives none. */
  position: Vec3 | null;
  rowDirection: Vec3 | null;
  columnDirection: Vec3 | null;
  /** Distance of the slice along its normal, mm. */
  alongNormal: number | null;
  frameOfReferenceUid: string;
  sliceThickness: number | null;
  sliceLocation: number | null;
  windows: NamedWindow[];
  /** How the pixels lost something, in words for the corner of the image; null when nothing is known to be lost. */
  lossy: string | null;
  /** `L`, `R`, view of a mammogram: `"R CC"`. */
  view: string | null;
  /** Of the instance, functional groups flattened for this frame. */
  attributes: Attributes;
  /** The instance as it was sent. */
  instance: Attributes;
};

/** An object of a series that is no image. */
export type OtherObject = { sopInstanceUid: string; title: string; attributes: Attributes };

export type SeriesContent = { frames: Frame[]; others: OtherObject[] };

const lossySyntaxes: Readonly<Record<string, string>> = {
  "1.2.840.10008.1.2.4.50": "JPEG",
  "1.2.840.10008.1.2.4.51": "JPEG",
  "1.2.840.10008.1.2.4.81": "JPEG-LS near-lossless",
  "1.2.840.10008.1.2.4.91": "JPEG 2000",
  "1.2.840.10008.1.2.4.203": "HTJ2K",
};

const videoSyntax = /^1\.2\.840\.10008\.1\.2\.4\.10\d$/;

/**
 * Turns the metadata of a series into the pictures to page through, and the objects that have none.
 *
 * @param base address of the study's DICOMweb root with origin, `https://…/dicomweb/<org>`.
 */
export function seriesContent(base: string, studyInstanceUid: string, instances: readonly Attributes[]): SeriesContent {
  const frames: Frame[] = [];
  const others: OtherObject[] = [];
  for (const instance of instances) {
    const sopInstanceUid = text(instance, "00080018");
    const seriesInstanceUid = text(instance, "0020000E");
    if (!sopInstanceUid || !seriesInstanceUid) continue;
    const rows = number(instance, "00280010") ?? 0;
    const columns = number(instance, "00280011") ?? 0;
    if (rows < 1 || columns < 1 || videoSyntax.test(transferSyntax(instance) ?? "")) {
      others.push(otherObject(instance, sopInstanceUid));
      continue;
    }
    const count = Math.max(1, Math.trunc(number(instance, "00280008") ?? 1));
    const address = `${base}/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`;
    for (let frame = 1; frame <= count; frame++)
      frames.push(frameOf(`wadors:${address}/frames/${frame}`, instance, frame, count));
  }
  return { frames: inOrder(frames), others };
}

function frameOf(imageId: string, instance: Attributes, frameNumber: number, numberOfFrames: number): Frame {
  const attributes = ofFrame(instance, frameNumber);
  const position = numbers(attributes, "00200032");
  const orientation = numbers(attributes, "00200037");
  const rowDirection = unit(orientation.slice(0, 3));
  const columnDirection = unit(orientation.slice(3, 6));
  const placed = position.length === 3 && rowDirection !== null && columnDirection !== null;
  const normal = placed ? cross(rowDirection, columnDirection) : null;
  const sopInstanceUid = text(instance, "00080018") ?? "";
  return {
    imageId,
    sopInstanceUid,
    sopClassUid: text(instance, "00080016") ?? "",
    seriesInstanceUid: text(instance, "0020000E") ?? "",
    frameNumber,
    numberOfFrames,
    imageNumber: numberOfFrames > 1 ? frameNumber : number(instance, "00200013"),
    rows: number(attributes, "00280010") ?? 0,
    columns: number(attributes, "00280011") ?? 0,
    samplesPerPixel: number(attributes, "00280002") ?? 1,
    photometricInterpretation: text(attributes, "00280004") ?? "MONOCHROME2",
    inverse: text(attributes, "00280004") === "MONOCHROME1" || text(instance, "20500020") === "INVERSE",
    size: pixelSize(attributes),
    ultrasound: ultrasoundScale(attributes),
    position: placed ? (position as Vec3) : null,
    // Without a place there are still sides: letters need no position.
    rowDirection: columnDirection ? rowDirection : null,
    columnDirection: rowDirection ? columnDirection : null,
    alongNormal: placed && normal ? dot(position as Vec3, normal) : null,
    // Annotations are kept by frame of reference: images without one must not share theirs.
    frameOfReferenceUid: text(attributes, "00200052") ?? `image:${sopInstanceUid}`,
    sliceThickness: number(attributes, "00180050"),
    sliceLocation: number(attributes, "00201041"),
    windows: windowsOf(attributes),
    lossy: lossyOf(attributes),
    view: viewOf(attributes),
    attributes,
    instance,
  };
}

/** The instance as it holds for one frame: its functional groups, shared then per frame, over the top level. */
function ofFrame(instance: Attributes, frame: number): Attributes {
  const shared = items(instance, "52009229")[0];
  const perFrame = items(instance, "52009230")[frame - 1];
  if (!shared && !perFrame) return instance;
  const flat: Record<string, Attributes[string]> = { ...instance };
  delete flat["52009229"];
  delete flat["52009230"];
  // A macro of the frame stands in the place of the shared one, not over it.
  const groups = { ...shared, ...perFrame };
  // Private ones, as Philips writes them, hold whole headers of other objects.
  const standard = Object.keys(groups).filter((tag) => /^...[02468ACE]/.test(tag));
  for (const tag of standard) for (const item of items(groups, tag).slice(0, 1)) Object.assign(flat, item);
  return flat;
}

function windowsOf(attributes: Attributes): NamedWindow[] {
  const centers = numbers(attributes, "00281050");
  const widths = numbers(attributes, "00281051");
  const names = texts(attributes, "00281055");
  const declared = text(attributes, "00281056");
  const windows: NamedWindow[] = [];
  for (const [index, center] of centers.entries()) {
    const width = widths[index];
    if (width === undefined || width <= 0) continue;
    // No linear window is narrower than 1 (PS3.3 §C.11.2.1.2): such a one is meant exactly.
    const linear = width < 1 ? "LINEAR_EXACT" : "LINEAR";
    const shape = declared === "SIGMOID" || declared === "LINEAR_EXACT" ? declared : linear;
    windows.push({ name: names[index] ?? "As sent", center, width, shape });
  }
  return windows;
}

function lossyOf(attributes: Attributes): string | null {
  const ratio = number(attributes, "00282112");
  if (text(attributes, "00282110") === "01") return ratio ? `Lossy ${Math.round(ratio * 10) / 10}:1` : "Lossy";
  const syntax = lossySyntaxes[transferSyntax(attributes) ?? ""];
  return syntax ? `Lossy (${syntax})` : null;
}

function transferSyntax(attributes: Attributes): string | null {
  return text(attributes, "00083002") ?? text(attributes, "00020010");
}

function viewOf(attributes: Attributes): string | null {
  const laterality = text(attributes, "00200062") ?? text(attributes, "00200060");
  // U and B say that there is no one side to speak of.
  const side = laterality === "L" || laterality === "R" ? laterality : null;
  return [side, text(attributes, "00185101")].filter(Boolean).join(" ") || null;
}

function otherObject(instance: Attributes, sopInstanceUid: string): OtherObject {
  const sopClassUid = text(instance, "00080016") ?? "";
  return { sopInstanceUid, title: objectName(sopClassUid, text(instance, "00080060")), attributes: instance };
}

const namesByModality: Readonly<Record<string, string>> = {
  SR: "Structured report",
  KO: "Key image list",
  PR: "Presentation state",
  SEG: "Segmentation",
  RTSTRUCT: "Radiotherapy structures",
  RTPLAN: "Radiotherapy plan",
  REG: "Registration",
  DOC: "Document",
  ECG: "Electrocardiogram",
  AU: "Audio",
};

/** What an object without an image is called. */
export function objectName(sopClassUid: string, modality: string | null): string {
  if (sopClassUid.startsWith("1.2.840.10008.5.1.4.1.1.77.1.") && modality === "ES") return "Video";
  return namesByModality[modality ?? ""] ?? "Object without images";
}

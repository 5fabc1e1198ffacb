import { type Attributes, number, numbers, text, texts } from "@overread/shared/dicom/attributes";
import { frameAttributes } from "@overread/shared/dicom/functional-groups";
import { isVisibleLight } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";
import { isVideo, type PixelCodec, transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { viewName } from "@overread/shared/hanging/pictures";
import type { Frame, NamedWindow } from "./frame.ts";
import { sortFrames } from "./sort-frames.ts";
import { pixelSize } from "./spacing.ts";
import { ultrasoundScale } from "./ultrasound.ts";
import { cross, dot, unit, type Vec3 } from "./vectors.ts";

/** A non-image object of a series. */
export type OtherObject = { sopInstanceUid: string; title: string; attributes: Attributes };

export type SeriesContent = { frames: Frame[]; others: OtherObject[] };

/** Name of a codec, for the corner of an image. */
const lossyNames: { [codec in PixelCodec]?: string } = {
  jpeg: "JPEG",
  "jpeg-ls": "JPEG-LS near-lossless",
  "jpeg-2000": "JPEG 2000",
  "jpeg-2000-part-2": "JPEG 2000",
  htj2k: "HTJ2K",
  "jpeg-xl": "JPEG XL",
};

/**
 * Turns the metadata of a series into frames to page through, and the list of its non-image objects.
 *
 * @param base absolute URL of the study's DICOMweb root, `https://…/dicomweb/<org>`.
 */
export function seriesContent(base: string, studyInstanceUid: string, instances: readonly Attributes[]): SeriesContent {
  const frames: Frame[] = [];
  const others: OtherObject[] = [];
  for (const instance of instances) {
    const sopInstanceUid = text(instance, Tag.SOPInstanceUID);
    const seriesInstanceUid = text(instance, Tag.SeriesInstanceUID);
    if (!sopInstanceUid || !seriesInstanceUid) continue;
    const rows = number(instance, Tag.Rows) ?? 0;
    const columns = number(instance, Tag.Columns) ?? 0;
    if (rows < 1 || columns < 1 || isVideo(transferSyntax(instance) ?? "")) {
      others.push(otherObject(instance, sopInstanceUid));
      continue;
    }
    const count = Math.max(1, Math.trunc(number(instance, Tag.NumberOfFrames) ?? 1));
    const address = `${base}/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`;
    for (let frame = 1; frame <= count; frame++)
      frames.push(frameOf(`wadors:${address}/frames/${frame}`, instance, frame, count));
  }
  return { frames: sortFrames(frames), others };
}

function frameOf(imageId: string, instance: Attributes, frameNumber: number, numberOfFrames: number): Frame {
  const attributes = frameAttributes(instance, frameNumber);
  const position = numbers(attributes, Tag.ImagePositionPatient);
  const orientation = numbers(attributes, Tag.ImageOrientationPatient);
  const rowDirection = unit(orientation.slice(0, 3));
  const columnDirection = unit(orientation.slice(3, 6));
  const placed = position.length === 3 && rowDirection !== null && columnDirection !== null;
  const normal = placed ? cross(rowDirection, columnDirection) : null;
  const sopInstanceUid = text(instance, Tag.SOPInstanceUID) ?? "";
  return {
    imageId,
    sopInstanceUid,
    sopClassUid: text(instance, Tag.SOPClassUID) ?? "",
    seriesInstanceUid: text(instance, Tag.SeriesInstanceUID) ?? "",
    frameNumber,
    numberOfFrames,
    imageNumber: numberOfFrames > 1 ? frameNumber : number(instance, Tag.InstanceNumber),
    rows: number(attributes, Tag.Rows) ?? 0,
    columns: number(attributes, Tag.Columns) ?? 0,
    samplesPerPixel: number(attributes, Tag.SamplesPerPixel) ?? 1,
    photometricInterpretation: text(attributes, Tag.PhotometricInterpretation) ?? "MONOCHROME2",
    inverse:
      text(attributes, Tag.PhotometricInterpretation) === "MONOCHROME1" ||
      text(instance, Tag.PresentationLUTShape) === "INVERSE",
    size: pixelSize(attributes),
    ultrasound: ultrasoundScale(attributes),
    position: placed ? (position as Vec3) : null,
    // Orientation letters need no position.
    rowDirection: columnDirection ? rowDirection : null,
    columnDirection: rowDirection ? columnDirection : null,
    alongNormal: placed && normal ? dot(position as Vec3, normal) : null,
    // Annotations are stored by frame of reference: images without one must not share theirs.
    frameOfReferenceUid: text(attributes, Tag.FrameOfReferenceUID) ?? `image:${sopInstanceUid}`,
    sliceThickness: number(attributes, Tag.SliceThickness),
    sliceLocation: number(attributes, Tag.SliceLocation),
    windows: windowsOf(attributes),
    lossy: lossyOf(attributes),
    view: viewName(attributes),
    attributes,
    instance,
  };
}

function windowsOf(attributes: Attributes): NamedWindow[] {
  const centers = numbers(attributes, Tag.WindowCenter);
  const widths = numbers(attributes, Tag.WindowWidth);
  const names = texts(attributes, Tag.WindowCenterWidthExplanation);
  const declared = text(attributes, Tag.VOILUTFunction);
  const windows: NamedWindow[] = [];
  for (const [index, center] of centers.entries()) {
    const width = widths[index];
    if (width === undefined || width <= 0) continue;
    // LINEAR requires a width of at least 1 (PS3.3 §C.11.2.1.2); a narrower window is treated as LINEAR_EXACT.
    const linear = width < 1 ? "LINEAR_EXACT" : "LINEAR";
    const shape = declared === "SIGMOID" || declared === "LINEAR_EXACT" ? declared : linear;
    windows.push({ name: names[index] ?? "As sent", center, width, shape });
  }
  return windows;
}

function lossyOf(attributes: Attributes): string | null {
  const ratio = number(attributes, Tag.LossyImageCompressionRatio);
  if (text(attributes, Tag.LossyImageCompression) === "01")
    return ratio ? `Lossy ${Math.round(ratio * 10) / 10}:1` : "Lossy";
  const syntax = transferSyntaxes[transferSyntax(attributes) ?? ""];
  const name = syntax?.lossy && syntax.codec ? lossyNames[syntax.codec] : undefined;
  return name ? `Lossy (${name})` : null;
}

function transferSyntax(attributes: Attributes): string | null {
  return text(attributes, Tag.AvailableTransferSyntaxUID) ?? text(attributes, Tag.TransferSyntaxUID);
}

function otherObject(instance: Attributes, sopInstanceUid: string): OtherObject {
  const sopClassUid = text(instance, Tag.SOPClassUID) ?? "";
  return { sopInstanceUid, title: objectName(sopClassUid, text(instance, Tag.Modality)), attributes: instance };
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

/** The display name of a non-image object. */
function objectName(sopClassUid: string, modality: string | null): string {
  if (isVisibleLight(sopClassUid) && modality === "ES") return "Video";
  return namesByModality[modality ?? ""] ?? "Object without images";
}

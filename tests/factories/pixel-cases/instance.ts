import { dataSet } from "@overread/shared/dicom/build";
import { tagOf } from "@overread/shared/dicom/dictionary";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { newUid } from "@overread/shared/dicom/uids";
import { encodePart10, type WritableDataSet } from "@overread/shared/dicom/write";
import type { PixelCase } from "./pixel-case.ts";

/** Every case is as large as this; a bar is an eighth of its width. Pixels. */
export const caseSize = 64;
const secondaryCapture = "1.2.840.10008.5.1.4.1.1.7";

/** Where a case belongs; whatever is left out is new. */
export type CasePlace = { study?: string; series?: string; instance?: string; number?: number };

/** Frame of a case that is looked at, from 1. */
export const frameOfCase = ({ earlierFrames = [] }: PixelCase): number => earlierFrames.length + 1;

/** The data set of a case's instance, uncompressed. */
export function caseDataSet(each: PixelCase, place: CasePlace = {}): WritableDataSet {
  const { cells, bars, elements = {}, earlierFrames = [] } = each;
  const samples = Array.isArray(bars[0]) ? (bars[0] as number[]).length : 1;
  const bitsAllocated = cells === "bit" ? 1 : Number(cells.slice(1));
  const float = cells.startsWith("f");
  const { study = newUid(), series = newUid(), instance = newUid(), number = 1 } = place;
  const values = dataSet({
    SOPClassUID: secondaryCapture,
    SOPInstanceUID: instance,
    StudyInstanceUID: study,
    SeriesInstanceUID: series,
    StudyDate: "20261120",
    StudyTime: "101500",
    AccessionNumber: "PIXELS",
    Modality: "OT",
    SeriesDescription: each.name.slice(0, 64),
    PatientName: { Alphabetic: "Bars^Eight" },
    PatientID: "PIXELS",
    PatientBirthDate: "19700101",
    PatientSex: "O",
    StudyID: "1",
    SeriesNumber: 1,
    InstanceNumber: number,
    ...(earlierFrames.length > 0 ? { NumberOfFrames: earlierFrames.length + 1 } : {}),
    SamplesPerPixel: samples,
    PhotometricInterpretation: samples === 1 ? "MONOCHROME2" : "RGB",
    ...(samples > 1 ? { PlanarConfiguration: 0 } : {}),
    Rows: caseSize,
    Columns: caseSize,
    BitsAllocated: bitsAllocated,
    ...(float ? {} : { BitsStored: bitsAllocated, HighBit: bitsAllocated - 1 }),
    ...(float ? {} : { PixelRepresentation: cells.startsWith("s") ? 1 : 0 }),
    ...elements,
  });
  // What a case leaves out on purpose is there with its default otherwise.
  for (const [name, value] of Object.entries(elements)) if (value === undefined) delete values[tagOf(name)];
  const bytes = pixelBytes(each, samples);
  values[cells === "f32" ? "7FE00008" : cells === "f64" ? "7FE00009" : "7FE00010"] = {
    vr: cells === "f32" ? "OF" : cells === "f64" ? "OD" : bitsAllocated > 8 ? "OW" : "OB",
    bytes: bytes.length % 2 === 1 ? Uint8Array.of(...bytes, 0) : bytes,
  };
  return values;
}

/** A case as a Part 10 file. */
export function caseInstance(each: PixelCase, place?: CasePlace): Buffer {
  return encodePart10({ dataset: caseDataSet(each, place), transferSyntaxUid: TS.explicitLittleEndian });
}

/** A case as a Part 10 file with the one frame in a compressed stream, which its bars need not know of. */
export function compressedInstance(
  each: PixelCase,
  transferSyntaxUid: string,
  stream: Uint8Array,
  place?: CasePlace,
): Buffer {
  const even = stream.length % 2 === 1 ? Uint8Array.of(...stream, 0) : stream;
  const dataset = { ...caseDataSet(each, place), "7FE00010": { vr: "OB" as const, fragments: [even] } };
  return encodePart10({ dataset, transferSyntaxUid });
}

function pixelBytes(each: PixelCase, samples: number): Uint8Array {
  const frames = [...(each.earlierFrames ?? []), each.bars];
  const size = caseSize * caseSize;
  const values: number[] = [];
  const planar = each.elements?.PlanarConfiguration === 1;
  const halved = String(each.elements?.PhotometricInterpretation ?? "").endsWith("_422");
  for (const bars of frames) {
    const barAt = (pixel: number): readonly number[] =>
      [bars[Math.floor(((pixel % caseSize) * 8) / caseSize)] as number | readonly number[]].flat();
    if (planar) for (let c = 0; c < samples; c++) for (let i = 0; i < size; i++) values.push(barAt(i)[c] as number);
    else if (halved)
      // Of a pair of pixels both luminances, then the differences of both.
      for (let i = 0; i < size; i += 2) values.push(barAt(i)[0] as number, ...barAt(i));
    else for (let i = 0; i < size; i++) values.push(...barAt(i));
  }
  return packed(values, each.cells);
}

function packed(values: number[], cells: PixelCase["cells"]): Uint8Array {
  const makers = {
    u8: Uint8Array,
    s8: Int8Array,
    u16: Uint16Array,
    s16: Int16Array,
    u32: Uint32Array,
    s32: Int32Array,
    f32: Float32Array,
    f64: Float64Array,
  };
  if (cells !== "bit") return new Uint8Array(makers[cells].from(values).buffer);
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  for (const [i, value] of values.entries()) bytes[i >> 3] = (bytes[i >> 3] as number) | (value << (i & 7));
  return bytes;
}

import { type BuildValue, dataSet, type WritableDataSet } from "@overread/shared/dicom/build";
import { uidFromName } from "@overread/shared/dicom/derived-uid";
import { Tag } from "@overread/shared/dicom/tags";
import { TS, transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { encodePart10 } from "@overread/shared/dicom/write";
import { rleFrame } from "./rle.ts";
import type { Plan, SimulatedFile } from "./study.ts";

/** What an image is, beside patient and study. */
export type ImagePlan = {
  sopClassUid: string;
  modality: string;
  seriesNumber: number;
  seriesDescription: string;
  instanceNumber: number;
  rows: number;
  columns: number;
  frames?: number;
  bitsAllocated: 8 | 16;
  bitsStored: number;
  pixels: Uint8Array | Uint16Array;
  /** Elements of the modality, by keyword. */
  extra: { [keyword: string]: BuildValue };
};

/** `20260401` and `093000` of a moment, in UTC. */
function dicomMoment(moment: Date): { date: string; time: string } {
  const text = moment.toISOString();
  return { date: text.slice(0, 10).replaceAll("-", ""), time: text.slice(11, 19).replaceAll(":", "") };
}

/** The UID of something inside a simulated study, the same at every run. */
export function simulatedUid(plan: Plan, ...parts: (string | number)[]): string {
  const moment = plan.studyDate.toISOString();
  return uidFromName(
    "simulator",
    plan.seed,
    plan.kind,
    String(plan.prior),
    plan.patient.id,
    moment,
    ...parts.map(String),
  );
}

/** Writes one image as a Part 10 file. Deterministic. */
export function instanceFile(plan: Plan, image: ImagePlan): SimulatedFile {
  const seriesInstanceUid = simulatedUid(plan, "series", image.seriesNumber);
  const sopInstanceUid = simulatedUid(plan, "instance", image.seriesNumber, image.instanceNumber);
  const { transferSyntaxUid } = plan;
  const dataset: WritableDataSet = {
    ...patientAndStudy(plan),
    ...equipmentAndPixels(plan, image),
    ...dataSet({ SOPInstanceUID: sopInstanceUid, SeriesInstanceUID: seriesInstanceUid, ...image.extra }),
    [Tag.PixelData]: pixelElement(image, transferSyntaxUid),
  };
  return {
    sopInstanceUid,
    sopClassUid: image.sopClassUid,
    seriesInstanceUid,
    transferSyntaxUid,
    part10: encodePart10({ dataset, transferSyntaxUid, specificCharacterSet: plan.specificCharacterSet }),
  };
}

function patientAndStudy(plan: Plan): WritableDataSet {
  const { date, time } = dicomMoment(plan.studyDate);
  const { patient } = plan;
  return dataSet({
    StudyDate: date,
    SeriesDate: date,
    ContentDate: date,
    StudyTime: time,
    SeriesTime: time,
    ContentTime: time,
    AccessionNumber: plan.accessionNumber,
    ReferringPhysicianName: plan.referringPhysicianName,
    StudyDescription: studyDescriptions[plan.kind],
    PatientName: patient.name,
    PatientID: patient.id,
    PatientBirthDate: patient.birthDate,
    PatientSex: patient.sex,
    PatientAge: ageAt(patient.birthDate, date),
    StudyInstanceUID: simulatedUid(plan, "study"),
    StudyID: plan.accessionNumber.slice(-16),
    RequestedProcedurePriority: plan.priority || undefined,
  });
}

function equipmentAndPixels(plan: Plan, image: ImagePlan): WritableDataSet {
  return dataSet({
    SOPClassUID: image.sopClassUid,
    Modality: image.modality,
    Manufacturer: "Overread",
    InstitutionName: plan.institutionName,
    StationName: "SIMULATOR",
    ManufacturerModelName: "Modality Simulator",
    DeviceSerialNumber: "0001",
    SoftwareVersions: "1",
    SeriesDescription: image.seriesDescription,
    SeriesNumber: image.seriesNumber,
    InstanceNumber: image.instanceNumber,
    SamplesPerPixel: 1,
    PhotometricInterpretation: "MONOCHROME2",
    NumberOfFrames: image.frames,
    Rows: image.rows,
    Columns: image.columns,
    BitsAllocated: image.bitsAllocated,
    BitsStored: image.bitsStored,
    HighBit: image.bitsStored - 1,
    PixelRepresentation: 0,
  });
}

function pixelElement(image: ImagePlan, transferSyntaxUid: string): WritableDataSet[string] {
  const { pixels, bitsAllocated } = image;
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  if (transferSyntaxUid === TS.rleLossless) {
    const frames = image.frames ?? 1;
    const size = bytes.length / frames;
    const frame = (index: number): Uint8Array => bytes.subarray(index * size, (index + 1) * size);
    return {
      vr: "OB",
      fragments: Array.from({ length: frames }, (_, i) => rleFrame(frame(i), bitsAllocated / 8, image.columns)),
    };
  }
  // 8-bit pixels are OB in explicit syntaxes and OW in the implicit one (PS3.5 §8.2 and A.1, A.2).
  const vr = bitsAllocated === 8 && !transferSyntaxes[transferSyntaxUid]?.implicit ? "OB" : "OW";
  return { vr, bytes };
}

function ageAt(birthDate: string, date: string): string {
  const years = Math.floor((Number(date) - Number(birthDate)) / 10000);
  return `${String(Math.max(0, Math.min(999, years))).padStart(3, "0")}Y`;
}

/** Study Description (0008,1030) by kind. */
export const studyDescriptions = {
  "chest-ct": "CT Thorax with contrast",
  "head-ct": "CT Head without contrast",
  "brain-mr": "MR Brain",
  "chest-xr": "XR Chest PA and lateral",
  "us-cine": "US Echocardiography",
  mammogram: "MG Screening mammography",
} as const;

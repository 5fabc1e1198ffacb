import type { DicomJson } from "@overread/shared/dicom/dicom-json";

/**
 * A received instance as the index takes it: durable already, its header read, its pixels on disk.
 * Made by the archive (`archive/describe-instance.ts`); this room never sees a file.
 */
export type InstanceRecord = {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
  sopClassUid: string;
  transferSyntaxUid: string;
  /** Of the bytes behind group 0002, lower-case hex. */
  dataSetSha256: string;
  objectKey: string;
  sizeBytes: number;
  dataSetOffset: number;
  numberOfFrames: number;
  /** JSON of the frame index, or null without pixels and bulk values. */
  frameIndex: string | null;
  /** DICOM JSON text with `overread:/…` in place of the DICOMweb root. */
  metadata: string;
  dataset: DicomJson;
  /** Character sets in which text was read in place of the declared one; empty when it is as declared. */
  textRepairedAs: string;
  /** Said by the sender; undefined leaves a study that exists as it is. */
  purpose: "read" | "prior" | undefined;
  facilityId: string | null;
  source: string;
};

export type StoredInstance = {
  outcome: "stored" | "duplicate" | "quarantined";
  instanceId: string;
  studyId: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
  sopClassUid: string;
  dataSetSha256: string;
};

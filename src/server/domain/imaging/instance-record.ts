import type { DicomJson } from "@overread/shared/dicom/dicom-json";

/**
 * A received instance as the index needs it: its header parsed, its bytes hashed and being written. Made by the archive
 * (`archive/describe-instance.ts`); this module never reads a file.
 */
export type InstanceRecord = {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopInstanceUid: string;
  sopClassUid: string;
  transferSyntaxUid: string;
  /** Hash of the bytes after group 0002, lower-case hex. */
  dataSetSha256: string;
  objectKey: string;
  sizeBytes: number;
  dataSetOffset: number;
  numberOfFrames: number;
  /** JSON of the frame index, or null without pixels and bulk values. */
  frameIndex: string | null;
  /** DICOM JSON text with `overread:/…` in place of the DICOMweb root. */
  metadata: string;
  /** What QIDO answers for the instance, in the same form. */
  qidoJson: string;
  dataset: DicomJson;
  /** Character sets with which text was decoded instead of the declared one; empty when it is as declared. */
  textRepairedAs: string;
  /** As declared by the sender; undefined leaves an existing study unchanged. */
  purpose: "read" | "prior" | undefined;
  facilityId: string | null;
  source: string;
};

/** What finds an instance's place in the index: known when its header is read, before its bytes are hashed and described. */
export type ArrivingInstance = Pick<
  InstanceRecord,
  "studyInstanceUid" | "seriesInstanceUid" | "sopInstanceUid" | "dataset" | "textRepairedAs" | "purpose" | "facilityId"
>;

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

import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import type { PersonNameGroups } from "@overread/shared/dicom/person-name";

/** Who signed, and when. `personName` is the PN of DICOM objects, `name` the one people read. */
export type Signature = { name: string; personName: string; qualification: string; at: Date };
export type ReportSection = { key: string; title: string; text: string };
export type InstanceReference = { seriesInstanceUid: string; sopInstanceUid: string; sopClassUid: string };
/** A key image with its picture (JPEG, as it was windowed). `null`: the archive can show no picture of it. */
export type KeyPicture = InstanceReference & {
  frameNumber: number;
  numberOfFrames: number;
  caption: string;
  jpeg: Buffer | null;
};
/** UIDs of the objects of one version, fixed when it was signed. */
export type DocumentUids = {
  pdf: { seriesInstanceUid: string; sopInstanceUid: string };
  sr: { seriesInstanceUid: string; sopInstanceUid: string };
  /** Present when there are key images. */
  kos: { seriesInstanceUid: string; sopInstanceUid: string } | null;
};

/**
 * Everything the documents of one signed version say, gathered once: the builders of this room are pure functions of
 * it, so that a retry makes the same bytes.
 */
export type SignedReport = {
  version: number;
  kind: "preliminary" | "final" | "addendum";
  /** What it is written in, RFC 5646; empty: nobody has said. */
  language: string;
  /** Of the canonical text that was signed; 64 hex digits. */
  sha256: string;
  /** Of this version. */
  signature: Signature;
  readingGroup: { name: string; letterhead: string[] };
  hospital: { name: string };
  facility: { name: string; timeZone: string };
  /**
   * Patient and study attributes of an image of the study, as sent: copied into each object, so that report and
   * images stay one patient and one study for whoever compares them.
   */
  identity: DicomJson;
  /** Specific Character Set of that image, terms by backslash: the objects use it where it carries all they say. */
  characterSet?: string;
  /** `age`: Patient's Age of the study (AS), where its images give it. */
  patient: { name: PersonNameGroups; id: string; issuer: string; birthDate: string; age?: string; sex: string };
  study: {
    studyInstanceUid: string;
    date: string;
    time: string;
    accessionNumber: string;
    description: string;
    modalities: string[];
    referringPhysician: PersonNameGroups;
  };
  /** The report itself, as first signed. */
  sections: ReportSection[];
  reportSignature: Signature;
  /** What was added since, up to and including this version; oldest first. */
  addenda: { number: number; sections: ReportSection[]; signature: Signature }[];
  /** Earlier studies at hand; `evidence`: their images. */
  comparisons: {
    studyInstanceUid: string;
    date: string;
    description: string;
    modalities: string[];
    evidence: InstanceReference[];
  }[];
  keyImages: KeyPicture[];
  /** Every image of the study that was read. */
  evidence: InstanceReference[];
  uids: DocumentUids;
  /** Of the version before this one; null for the first. */
  predecessor: DocumentUids | null;
};

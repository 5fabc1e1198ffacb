import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import type { PersonNameGroups } from "@overread/shared/dicom/person-name";
import type { InstanceReference } from "./instance-reference.ts";
import type { SignedMarkup } from "./signed-markup.ts";

/** Who signed, and when. `personName` is the PN of DICOM objects, `name` is for display. */
export type Signature = { name: string; personName: string; qualification: string; at: Date };
export type ReportSection = { key: string; title: string; text: string };
/** The images of a study. */
type StudyEvidence = { studyInstanceUid: string; evidence: InstanceReference[] };
/** A rendered key image (JPEG, in its window). `null`: the archive cannot render it. */
export type KeyPicture = InstanceReference & {
  studyInstanceUid: string;
  frameNumber: number;
  numberOfFrames: number;
  caption: string;
  windowCenter?: number;
  windowWidth?: number;
  jpeg: Buffer | null;
};
/** UIDs of the objects of one version, fixed when it was signed. */
export type DocumentUids = {
  pdf: { seriesInstanceUid: string; sopInstanceUid: string };
  sr: { seriesInstanceUid: string; sopInstanceUid: string };
  /** Present when there are key images. */
  kos: { seriesInstanceUid: string; sopInstanceUid: string } | null;
};

/** A study as what was requested. */
type ReportedStudy = { studyInstanceUid: string; accessionNumber: string; description: string };

/**
 * Everything in the documents of one signed version. The builders of this module are pure functions of it, so that a
 * retry makes the same bytes.
 */
export type SignedReport = {
  version: number;
  kind: "preliminary" | "final" | "addendum";
  /** RFC 5646; empty: not stated. */
  language: string;
  /** Hash of the canonical text that was signed; 64 hex digits. */
  sha256: string;
  /** Of this version. */
  signature: Signature;
  readingGroup: { name: string; letterhead: string[] };
  hospital: { name: string };
  facility: { name: string; timeZone: string };
  /**
   * Patient and study attributes of an image of the study, as sent: copied into each object, so that report and images
   * agree for software that compares them.
   */
  identity: DicomJson;
  /**
   * Specific Character Set of that image, terms separated by backslash: the objects use it if it can encode all their
   * text.
   */
  characterSet?: string;
  /** `age`: Patient's Age of the study (AS), where its images have it. */
  patient: { name: PersonNameGroups; id: string; issuer: string; birthDate: string; age?: string; sex: string };
  study: ReportedStudy & { date: string; time: string; modalities: string[]; referringPhysician: PersonNameGroups };
  /** The report itself, as first signed. */
  sections: ReportSection[];
  reportSignature: Signature;
  /** Who read it independently besides its signer, each with the time of his own reading; `agreed`: and stands for the report with him. */
  coReaders: (Signature & { agreed: boolean })[];
  /** The addenda up to and including this version; oldest first. */
  addenda: { number: number; sections: ReportSection[]; signature: Signature }[];
  /** Available earlier studies; `evidence`: their images. */
  comparisons: (StudyEvidence & { date: string; description: string; modalities: string[] })[];
  keyImages: KeyPicture[];
  /** Of this study; nothing for an addendum, which changes nothing of it. */
  markup: SignedMarkup;
  /** Every image of the study that was read. */
  evidence: InstanceReference[];
  /** The further studies that the report is of: each has the same report as objects of its own. */
  others: (StudyEvidence & { study: ReportedStudy; uids: DocumentUids })[];
  uids: DocumentUids;
  /** Of the previous version; null for the first. */
  predecessor: DocumentUids | null;
};

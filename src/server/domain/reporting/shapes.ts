import type { DeliveryFailure } from "@overread/shared/delivery-failure";
import type { IdentityDoubt } from "@overread/shared/reasons";
import type { CaseState, DeliveryState, DocumentKind, ReportKind } from "#server/db/generated/enums.ts";
import type { DoubleStage } from "./double-reading.ts";
import type { KeyImage, Section } from "./inputs.ts";

/** What the reporting module returns. Times are ISO 8601 in UTC. */

export type SignedVersion = {
  reportVersionId: string;
  version: number;
  kind: ReportKind;
  /** RFC 5646; empty: not stated. */
  language: string;
  signedAt: string;
  signedBy: string;
  sha256: string;
  sections: Section[];
  keyImages: KeyImage[];
  /** One of two independent readings; no documents are made from it. */
  blind: boolean;
  documents: {
    pdf: "stored" | "pending" | "none";
    sr: "stored" | "pending" | "none";
    kos: "stored" | "pending" | "none";
    measurements: "stored" | "pending" | "none";
    /** Which images can have one is known when they are made. */
    presentation: "stored" | "none";
  };
  deliveries: {
    kind: DocumentKind;
    facility: string;
    state: DeliveryState;
    attempts: number;
    /** The failure in one word, such as `status-a700`. */
    lastReason: string | null;
    lastFailure: DeliveryFailure | null;
    deliveredAt: string | null;
  }[];
};

/** What a second reader thought of a preliminary report. */
export type OverReadScore = {
  /** 1 agrees; 2 to 4: a discrepancy of growing weight. */
  score: number;
  significant: boolean;
  comment: string;
  by: string;
  preliminaryBy: string;
  at: string;
};

/** What keeps a reader from the final signature: his kinds of reading, or his privilege at the facility. */
export type FinalBar = "read-type" | "privilege";

export type Report = {
  /** Of the draft while one exists (0: nothing saved yet), of the newest signed version afterwards. */
  version: number;
  sections: Section[];
  state: CaseState;
  /** Signed as final: there is no draft any more. */
  signed: boolean;
  templateId: string;
  /** RFC 5646; empty: not stated. */
  language: string;
  keyImages: KeyImage[];
  /** Labels of template prompts: lines without other text are left out of the signature (shared/signed-sections.ts). */
  prompts: readonly string[];
  /**
   * The draft's author and time; null without a draft. `savedBy` is empty for the text of a preliminary report that
   * nobody has edited yet. `anothers`: has to be taken over or started anew before the caller may write or sign.
   */
  draft: { savedAt: string; savedBy: string; anothers: boolean } | null;
  /**
   * Drafts that other readers took over or set aside, newest first; for those who may read drafts now, and for each
   * author's own.
   */
  earlierDrafts: DraftHandover[];
  /** The authorship statement that signing adds; empty when there is none. */
  authorship: string;
  /** What signing puts before the reader's sections where several cases are read together; empty where one is read alone. */
  opening: Section[];
  /** Newest first. */
  versions: SignedVersion[];
  /**
   * The preliminary report that the final one goes over; `own`: the caller signed it, and somebody else finalises it; `alone`: he himself
   * does, since nobody else of the group may.
   */
  preliminary: { signedBy: string; signedAt: string; own: boolean; alone: boolean } | null;
  /**
   * Of an open case that is read twice, independently: where it stands for the caller, and who has kept a reading. The readings themselves are
   * versions, once both are kept.
   */
  double: { stage: DoubleStage; kept: { signedBy: string; signedAt: string }[] } | null;
  /** What keeps the caller from signing the final report of the case that he holds; null: nothing of the kind. */
  finalBar: FinalBar | null;
  /** What second readers thought, newest first; for the reading group. */
  scores: OverReadScore[];
  canEdit: boolean;
  canSign: boolean;
  /** Sign it as preliminary, for somebody else to finalise. */
  canSignPreliminary: boolean;
  canAddend: boolean;
  /** Signing asks for the password of an account without a second factor. */
  requiresPassword: true;
};

/** `taken-over`: another reader continued the text. `set-aside`: another reader started anew. */
export type HandoverAct = "taken-over" | "set-aside";

export type DraftHandover = {
  act: HandoverAct;
  fromId: string;
  from: string;
  writtenAt: string;
  by: string;
  at: string;
  sections: Section[];
};

export type SavedDraft = { version: number; savedAt: string };

export type Signed = { reportVersionId: string; version: number; signedAt: string; sha256: string };

export type ReportTemplate = {
  id: string;
  title: string;
  /** DICOM modality codes it is for; empty: any. */
  modality: string[];
  bodyPart: string[];
  /** True for the one that fits the study's modality and body part. */
  suggested: boolean;
  sections: Section[];
};

/**
 * Where a study stands for who referred it: less than the reading group is told. `late-images`: pictures came after it was signed, and are
 * not in the report. `images-only`: nobody has been asked to read it; `no-images`: it is of documents alone, which
 * nobody is asked to read.
 */
export type ReferralStatus =
  | "late-images"
  | "addendum"
  | "signed"
  | "arriving"
  | "cancelled"
  | "images-only"
  | "no-images"
  | "awaiting-report";

export type ReferralItem = {
  studyId: string;
  caseId: string | null;
  studyInstanceUid: string;
  orgSlug: string;
  patientName: string;
  patientId: string;
  patientSex: string;
  patientBirthDate: string;
  studyDescription: string;
  modalities: string[];
  studyDate: string;
  facility: string;
  /** IANA zone of the facility, or of its hospital, as used in its documents. */
  facilityTimeZone: string;
  state: CaseState | null;
  /** What a referring physician is told of it. */
  status: ReferralStatus;
  signedAt: string | null;
  signedBy: string | null;
  /**
   * First 200 characters of the newest signed impression, after the beginning of the newest addendum; empty while
   * unsigned.
   */
  impression: string;
  /** First 100 characters of the newest addendum, which may say the opposite; null when there is none. */
  addendum: string | null;
  /** The physician has not opened the newest signed version yet. */
  unread: boolean;
  /** Images that arrived after the signature and that no reader has acknowledged yet. */
  lateImages: number;
  /** The study names no referring physician; it is shared by the facility's default. */
  byDefault: boolean;
  /** Why it is not certain whose study this is now, empty where it is; what was in doubt at the signature stands in the report itself. */
  doubts: IdentityDoubt[];
};

export type Referrals = { items: ReferralItem[]; nextCursor: string | null; counts: { unread: number } };

type RenderedKeyImage = KeyImage & {
  /** Origin-relative path of the picture (WADO-RS rendered, PS3.18 §10.4.1.1.3). */
  renderedPath: string;
};

export type Referral = ReferralItem & {
  ageAtStudy: string;
  accessionNumber: string;
  dicomwebRoot: string;
  /** Newest first; signed only. */
  versions: (Omit<SignedVersion, "deliveries" | "keyImages"> & { pdfPath: string | null })[];
  keyImages: RenderedKeyImage[];
  series: {
    seriesInstanceUid: string;
    modality: string;
    seriesNumber: number | null;
    seriesDescription: string;
    numberOfInstances: number;
    thumbnailSopInstanceUid: string | null;
  }[];
};

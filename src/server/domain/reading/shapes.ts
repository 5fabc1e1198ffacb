import type { SeriesFacts } from "@overread/shared/hanging/facts";
import type { IdentityDoubt, Reason } from "@overread/shared/reasons";
import type { SiteDocument } from "@overread/shared/site-documents";
import type { CasePriority, CaseState } from "#server/db/generated/enums.ts";
import type { OrderOfStudy } from "../ordering/index.ts";
import type { Identity } from "../patient-identity.ts";
import type { ListId } from "./list-ids.ts";
import type { WhyDue } from "./why-due.ts";

/** What the reading module returns. Times are ISO 8601 in UTC; DICOM dates and times as received. */

/** The representations of a name, each in caret form (PS3.5 §6.2.1). */
export type NameGroups = { alphabetic: string; ideographic: string; phonetic: string };

/** Why a case stands where it stands, and how much it counts. */
export type PriorityReason = Reason & { points: number };

export type CaseAbilities = {
  claim: boolean;
  /** Give back what is kept for oneself, or (worklist manager) for another. */
  unreserve: boolean;
  /** Give it to a reader, or take it back from whom it was given. */
  assign: boolean;
  /** Release one's own claim, or (worklist manager) another's. */
  release: boolean;
  /** Take it out of those that it is read with. */
  readAlone: boolean;
  /** Give one's own case to a colleague, or to whoever is free. */
  handOver: boolean;
  /** Put it on hold; a reader names the own claim. */
  hold: boolean;
  resume: boolean;
  /** Ask the site something, with or without stopping the clock. */
  ask: boolean;
  /** Answer what the reader asked. */
  answer: boolean;
  /** Withdraw it, also while somebody is reading it. */
  cancel: boolean;
  reinstate: boolean;
  /** Check it as its site's technologist: add to it, say that it is complete, take that back. */
  techCheck: boolean;
  /** Make it more urgent, less so, or take back what somebody decided. */
  raisePriority: boolean;
  lowerPriority: boolean;
  undoPriority: boolean;
  /** Open the images. */
  read: boolean;
  sign: boolean;
  /** Decide that the case is read without the missing images; until then it can be neither claimed nor signed. */
  readIncomplete: boolean;
};

/** A case of those that one report is of. */
export type ReadWith = {
  caseId: string;
  studyId: string;
  studyInstanceUid: string;
  description: string;
  modalities: string[];
  studyDate: string;
  studyTime: string;
  accessionNumber: string;
  /** As a case's own. */
  lateImages: { count: number; since: string } | null;
};

export type WorklistItem = {
  caseId: string;
  studyId: string;
  studyInstanceUid: string;
  orgSlug: string;
  /** For display, all representations. */
  patientName: string;
  patientNameGroups: NameGroups;
  patientId: string;
  patientSex: string;
  /** DA, `YYYYMMDD`, as received. */
  patientBirthDate: string;
  /** At the time of the study, e.g. `57 y`, `8 mo`, `3 d`; empty when unknown. */
  patientAge: string;
  accessionNumber: string;
  modalities: string[];
  bodyParts: string[];
  studyDescription: string;
  /**
   * The character set with which names and texts were decoded because they were invalid in the declared one; null when
   * they are as declared.
   */
  textRepaired: string | null;
  studyDate: string;
  studyTime: string;
  /** Name of the facility. */
  facility: string;
  facilitySlug: string;
  facilityTimeZone: string;
  priority: CasePriority;
  priorityScore: number;
  priorityReasons: PriorityReason[];
  state: CaseState;
  /** The status shown on lists: `state`, but `claimed` or `drafted` while a claim runs. */
  status: CaseState;
  dueAt: string;
  /** The time that its service level gives it, while its clock runs. */
  promisedMinutes: number;
  arrivedAt: string;
  /** Images are still being received. */
  arriving: boolean;
  /** Signed as final: only addenda can follow. */
  signed: boolean;
  /** Signed or cancelled. */
  done: boolean;
  /** The caller's own claim is running. */
  mine: boolean;
  /** The caller could start or continue it now. */
  next: boolean;
  /** The holder of a running claim. */
  claimedBy: { id: string; name: string } | null;
  claimedUntil: string | null;
  /** The reader it is kept for, for the reading group; null where it is kept for nobody. */
  reserved: { id: string; name: string; until: string } | null;
  /** Somebody decided its priority: why, who and when; null: it is what the hospital asked for. */
  decided: { reason: string; by: string; at: string } | null;
  /** To whom it is offered, until when, or assigned, by a rule or a person; for the reading group, null otherwise. */
  given: {
    id: string;
    name: string;
    as: "offer" | "assignment";
    at: string;
    until: string | null;
    byRule: boolean;
    /** Who gave it, where no rule did; null: a rule, or himself. */
    by: string | null;
  } | null;
  /** Nobody chooses it: it comes to who asks for the next case. */
  drawn: boolean;
  /** Why it is held or cancelled, by whom and since when; null otherwise. */
  paused: { reason: string; by: string; at: string } | null;
  /** The site was asked and has not answered yet, or has; null: nothing was asked. */
  question: "asked" | "answered" | null;
  /** The technologist's check: waited for, or who said when that it is complete; null: nobody asks for one. */
  techCheck: { state: "waiting" } | { state: "complete"; by: string; at: string } | null;
  /** Since when the site owes an answer. */
  questionSince: string | null;
  /** The author of the saved draft and its time, for the reading group; null without a draft. */
  draft: { id: string; name: string; at: string } | null;
  /** The number of images the hospital sent, without the documents that we added. */
  images: { received: number; expected: number | null; refused: number; damaged: number };
  /** That images were refused and will not come, or are damaged; empty when the study is whole. */
  incomplete: Reason[];
  /**
   * Pictures that came after reading had begun (they block the signature) or after it was signed (an addendum is due), until a reader
   * has said to have seen them; null when there are none.
   */
  lateImages: { count: number; since: string } | null;
  /** The cases that one report is of, this one among them, the leading one first; empty: it is read alone. */
  readWith: ReadWith[];
  priorCount: number;
  /** The most relevant of them lie ready for the viewer; null: there are none to compare with. */
  priorsReady: boolean | null;
  /** Open orders that the study answers. */
  orderCount: number;
  /** Instances in quarantine because their UID had arrived before with other bytes. */
  quarantined: number;
  /** That images of the study, or earlier studies under its patient ID, name different patients; null when they agree. To be shown wherever the case is. */
  patientConflict: IdentityDoubt | null;
  /**
   * Whether all that is known under this patient agrees. `unknown`: the patient ID identifies nobody, so nothing can be compared.
   * `conflict`: images of the study, or earlier studies under its patient ID, name somebody else.
   */
  identity: Identity;
  /** Everything that is in doubt of it, which a report that is signed now says; empty where nothing is. */
  doubts: IdentityDoubt[];
  /** As display text; empty when the study names none. */
  referringPhysician: string;
  /**
   * Who would get a report signed now: whether the facility has a PACS to return it to, and who finds it in the portal
   * (null: nobody, since the study names no physician or no account matches); `byDefault`: the facility's default for
   * studies that name none.
   */
  goesTo: { pacs: boolean; physician: string | null; byDefault: boolean };
  can: CaseAbilities;
};

/** Counts of the lists (list-conditions.ts) and of two states. `final`: signed within the last 24 hours. */
export type WorklistCounts = Record<ListId, number> & { unread: number; arriving: number };

/** A reader of the group skipped the case until then. */
export type CaseSkip = { caseId: string; userId: string; by: string; reason: string; until: string };

export type WorklistPage = {
  items: WorklistItem[];
  /** Pass back as `cursor` for the next page; null on the last, and where `until` was reached. */
  nextCursor: string | null;
};

export type Worklist = WorklistPage & {
  /** The skips in effect, of all readers in the caller's group. */
  skips: CaseSkip[];
  counts: WorklistCounts;
  /** When the next unread case is due. */
  nextDueAt: string | null;
};

export type PriorSummary = {
  studyId: string;
  studyInstanceUid: string;
  orgSlug: string;
  studyDate: string;
  studyDescription: string;
  modalities: string[];
  /** 0–100; higher is more relevant to the current study. */
  relevance: number;
  reasons: Reason[];
  hasReport: boolean;
  /** Whether it is of the same person. Unless `agrees`, it is hung and compared only by a deliberate act. */
  identity: Identity;
  /** Why it is not `agrees`; null where it is. */
  identityReason: Reason | null;
  /** Whether a reader of this case has accepted it for comparison. */
  accepted: boolean;
  /** Where it comes from, when another hospital or group lends it to the caller's claim; null: the hospital's own. */
  lentBy: LentBy | null;
};

/** Names of the hospital and of its facility. */
type LentBy = { hospital: string; facility: string };

/** One side of what was asked and answered about a case. */
export type CaseMessage = {
  messageId: string;
  kind: "question" | "answer";
  text: string;
  stopsClock: boolean;
  by: string;
  at: string;
};

/** What a reader said with a case that he handed on. */
export type CaseHandover = {
  from: { id: string; name: string };
  /** Null: to whoever is free. */
  to: { id: string; name: string } | null;
  note: string;
  at: string;
};

/** What the site's technologist has added to a case: the history in his words, and documents as instances of the study. */
export type SiteNotes = {
  history: { text: string; by: string; at: string } | null;
  documents: {
    instanceId: string;
    seriesInstanceUid: string;
    sopInstanceUid: string;
    document: SiteDocument;
    by: string;
    at: string;
  }[];
};

export type CaseDetail = WorklistItem & {
  messages: CaseMessage[];
  notes: SiteNotes;
  orders: OrderOfStudy[];
  priors: PriorSummary[];
  /** What the reader before said with it, for the reading group; null where nothing was said. */
  handover: CaseHandover | null;
  whyDue: WhyDue;
};

export type SeriesSummary = {
  seriesInstanceUid: string;
  modality: string;
  seriesNumber: number | null;
  seriesDescription: string;
  numberOfInstances: number;
  /** The middle instance, for the thumbnail. Null: the series has no image. */
  thumbnailSopInstanceUid: string | null;
  /** What hanging protocols ask for, where a reader opens it. */
  facts?: SeriesFacts;
};

export type OpenedStudy = {
  orgSlug: string;
  studyInstanceUid: string;
  /** Origin-relative, e.g. `/dicomweb/lakeside`. */
  dicomwebRoot: string;
  /** Body regions that it shows. */
  regions: string[];
  series: SeriesSummary[];
};

export type ReportSection = { key: string; title: string; text: string };

export type OpenedPrior = OpenedStudy & {
  studyId: string;
  relevance: number;
  reasons: Reason[];
  identity: Identity;
  identityReason: Reason | null;
  accepted: boolean;
  lentBy: LentBy | null;
  studyDate: string;
  description: string;
  modalities: string[];
  report?: { signedAt: string; signedBy: string; sections: ReportSection[] };
};

/** Another case that the report of this one is of, with its images. */
type OpenedWith = OpenedStudy & ReadWith & Pick<SiteNotes, "history">;

/** A case that could be read with this one. */
export type OfferedWith = Pick<
  ReadWith,
  "caseId" | "description" | "modalities" | "studyDate" | "studyTime" | "accessionNumber"
>;

type PatientBanner = {
  name: string;
  nameGroups: NameGroups;
  sex: string;
  birthDate: string;
  ageAtStudy: string;
  patientId: string;
  issuer: string;
};

/** Everything the reading page needs. */
export type OpenedCase = {
  item: WorklistItem;
  orders: OrderOfStudy[];
  notes: SiteNotes;
  patient: PatientBanner;
  current: OpenedStudy;
  /** The other cases that its report is of. */
  together: OpenedWith[];
  /** What its reader could read with it. */
  mayReadWith: OfferedWith[];
  priors: OpenedPrior[];
};

/** A case that is kept for the caller. */
export type Reservation = { caseId: string; reservedUntil: string };

export type Claim = { claimToken: string; claimedUntil: string };

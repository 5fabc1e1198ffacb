import type { CasePriority, OrderState } from "#server/db/generated/enums.ts";
import type { MatchDoubt } from "./match-rule.ts";

/** What the ordering module returns. Times are ISO 8601 in UTC, DICOM dates text. */

/** What a reader needs of an order that a study answers. */
export type OrderOfStudy = {
  orderId: string;
  accessionNumber: string;
  placerOrderNumber: string;
  procedureDescription: string;
  reasonForExam: string;
  clinicalInformation: string;
  priority: CasePriority;
  priorityReason: string;
  patientClass: string;
  referringPhysician: string;
  expectedImages: number | null;
};

/** A study beside an order: one that answers it, or one of its accession number that is not joined to it, with why. */
export type StudyOfOrder = {
  studyId: string;
  studyInstanceUid: string;
  caseId: string | null;
  patientName: string;
  patientId: string;
  patientBirthDate: string;
  patientSex: string;
  accessionNumber: string;
  studyDate: string;
  studyDescription: string;
  modalities: string[];
  images: number;
  /** Empty: nothing speaks against it. */
  doubts: MatchDoubt[];
};

export type Order = OrderOfStudy & {
  state: OrderState;
  version: number;
  facility: string;
  facilitySlug: string;
  fillerOrderNumber: string;
  /** For people to read. */
  patientName: string;
  patientId: string;
  issuerOfPatientId: string;
  patientBirthDate: string;
  patientSex: string;
  procedureCode: string;
  procedureCodeScheme: string;
  modality: string;
  /** PN, for the form. */
  referringPhysicianName: string;
  createdBy: string;
  createdAt: string;
  cancelledReason: string | null;
  studies: StudyOfOrder[];
  /** Of the same accession number, and not joined. */
  doubtful: StudyOfOrder[];
};

export type OrderList = {
  items: Order[];
  nextCursor: string | null;
  counts: { waiting: number; matched: number };
};

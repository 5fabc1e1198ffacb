import type { ErrorCode } from "@overread/shared/errors";

/** DIMSE statuses of C-STORE that we answer (PS3.4 table B.2-1, PS3.7 Annex C). */
export const dimseStatus = {
  success: 0x0000,
  notAuthorised: 0x0124,
  unrecognizedOperation: 0x0211,
  outOfResources: 0xa700,
  dataSetDoesNotMatch: 0xa900,
  cannotUnderstand: 0xc000,
} as const;

/**
 * What a sender is told when an object was not taken. Codes that are not here cannot come out of the
 * receive path; they would be answered as "cannot understand".
 */
const byCode: Partial<Record<ErrorCode, { status: number; comment: string }>> = {
  "storage.full": { status: dimseStatus.outOfResources, comment: "spool disk is full, send again later" },
  "storage.unavailable": { status: dimseStatus.outOfResources, comment: "spool is not available, send again later" },
  "auth.forbidden": { status: dimseStatus.notAuthorised, comment: "calling AE title is not allowed" },
  "dicom.uid-mismatch": { status: dimseStatus.dataSetDoesNotMatch, comment: "data set and command differ in UIDs" },
  "dicom.truncated": { status: dimseStatus.cannotUnderstand, comment: "data set is cut off" },
  "dicom.malformed": { status: dimseStatus.cannotUnderstand, comment: "not a readable data set" },
  "dicom.missing-attribute": { status: dimseStatus.cannotUnderstand, comment: "study, series or SOP UID is missing" },
  "dicom.invalid-uid": { status: dimseStatus.cannotUnderstand, comment: "a UID is not valid" },
};

/** Status and Error Comment (at most 64 characters, no patient data) for an error code. */
export const statusOf = (code: ErrorCode): { status: number; comment: string } =>
  byCode[code] ?? { status: dimseStatus.cannotUnderstand, comment: "cannot process the object" };

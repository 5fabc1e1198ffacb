import type { ErrorCode } from "@overread/shared/errors";

/**
 * Statuses that every DIMSE service has (PS3.7 Annex C). What else a service answers stands in its own file, from the
 * annex of PS3.4 that defines it.
 */
export const generalStatus = {
  success: 0x0000,
  cancel: 0xfe00,
  pending: 0xff00,
  processingFailure: 0x0110,
  notAuthorised: 0x0124,
  unrecognizedOperation: 0x0211,
} as const;

/** What a requestor makes of a status: PS3.7 §C.1 to §C.5. */
export function statusClass(status: number): "success" | "warning" | "cancel" | "pending" | "failure" {
  if (status === generalStatus.success) return "success";
  if (status === generalStatus.cancel) return "cancel";
  if (status === generalStatus.pending || status === 0xff01) return "pending";
  // Bxxx, and the three that PS3.7 Annex C calls warnings although they stand among the failures.
  const isWarning = (status & 0xf000) === 0xb000 || [0x0001, 0x0107, 0x0116].includes(status);
  return isWarning ? "warning" : "failure";
}

/** A status and the Error Comment (0000,0902) that goes with it: at most 64 characters, never of the data set. */
export type Refusal = { status: number; comment: string };

/** What a service answers for each error that its own code throws. */
export type StatusTable = Readonly<Partial<Record<ErrorCode, Refusal>>>;

const ofEveryService: StatusTable = {
  "auth.forbidden": { status: generalStatus.notAuthorised, comment: "calling AE title is not allowed" },
};

/** The answer to a request that failed: by the service's table, then by what holds for all of them. */
export const refusalFor = (code: ErrorCode, table: StatusTable): Refusal =>
  table[code] ??
  ofEveryService[code] ?? { status: generalStatus.processingFailure, comment: "cannot process the request" };

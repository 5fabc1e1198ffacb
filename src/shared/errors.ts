/**
 * The closed list of error codes, as stable `noun.state`. A code is part of the contract: callers test for it, logs
 * contain it, and it selects the user's message. `src/server/errors.ts` and `edge-router/src/dimse/status.ts` map codes
 * to their wires.
 */
export const errorCodes = [
  "auth.required",
  "auth.forbidden",
  "auth.invalid-credentials",
  "auth.rate-limited",
  "auth.reauthentication-failed",
  "auth.second-factor-required",
  "auth.second-factor-invalid",
  "auth.second-factor-exists",
  "auth.password-change-required",
  "request.invalid",
  "request.too-large",
  "request.rate-limited",
  "request.not-acceptable",
  "request.range-not-satisfiable",
  "request.unsupported-media-type",
  "resource.not-found",
  "org.not-found",
  "facility.not-found",
  "user.not-found",
  "user.email-taken",
  "user.password-weak",
  "user.invitation-invalid",
  "user.too-many-links",
  "study.not-found",
  "series.not-found",
  "instance.not-found",
  "instance.already-resolved",
  "instance.cannot-release",
  "frame.not-found",
  "case.not-found",
  "case.already-claimed",
  "case.reserved",
  "case.claim-expired",
  "case.not-claimed",
  "case.illegal-move",
  "case.incomplete",
  "case.skip-reason",
  "case.given",
  "case.drawn",
  "case.not-together",
  "case.read-with",
  "case.barred",
  "shift.none-then",
  "case.not-given",
  "assignment-run.not-found",
  "case.late-images",
  "report.not-found",
  "report.version-conflict",
  "report.draft-of-another",
  "report.impression-missing",
  "report.own-preliminary",
  "report.not-yours-to-finalise",
  "report.unscored",
  "report.double-reading",
  "report.already-signed",
  "report.not-signed",
  "order.not-found",
  "order.version-conflict",
  "order.cancelled",
  "order.other-patient",
  "rules.version-conflict",
  "contract.not-found",
  "service-level.version-conflict",
  "escalation.version-conflict",
  "list.version-conflict",
  "list.too-many-watched",
  "hanging.version-conflict",
  "hanging.too-many",
  "hanging.altered-file",
  "hanging.unreadable-file",
  "patient.not-found",
  "audit.broken-chain",
  "edge.not-found",
  "edge.revoked",
  "edge.code-invalid",
  "edge.assertion-invalid",
  "delivery.not-found",
  "document.refused",
  "dicom.invalid-uid",
  "dicom.not-part10",
  "dicom.truncated",
  "dicom.unsupported-transfer-syntax",
  "dicom.missing-attribute",
  "dicom.uid-mismatch",
  "dicom.cannot-render",
  "dicom.malformed",
  "storage.unavailable",
  "storage.full",
  "storage.corrupt",
  "server.busy",
  "internal",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/**
 * The one error type between modules. `details` is safe to show (ids, counts, times, staff names);
 * never a value out of a data set. `cause` is for the log only.
 */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
  constructor(
    code: ErrorCode,
    options: { cause?: unknown; details?: Record<string, string | number | boolean | null> } = {},
  ) {
    super(code, { cause: options.cause });
    this.name = "DomainError";
    this.code = code;
    this.details = Object.freeze({ ...options.details });
  }
}

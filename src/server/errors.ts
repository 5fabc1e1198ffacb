import { DomainError, type ErrorCode } from "@overread/shared/errors";
import { isBusyDatabase } from "./db/busy.ts";
import { diskFaults, fullFaults } from "./outage.ts";

type TrpcCode =
  | "BAD_REQUEST"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "CONFLICT"
  | "PAYLOAD_TOO_LARGE"
  | "TOO_MANY_REQUESTS"
  | "PRECONDITION_FAILED"
  | "UNPROCESSABLE_CONTENT"
  | "INTERNAL_SERVER_ERROR"
  | "SERVICE_UNAVAILABLE";

/**
 * The meaning of each code on each wire. `retry`: whether the same request may succeed later. A new code without a row
 * does not compile.
 */
export const errorTable: Record<ErrorCode, { trpc: TrpcCode; http: number; retry: "yes" | "no" | "ambiguous" }> = {
  "auth.required": { trpc: "UNAUTHORIZED", http: 401, retry: "no" },
  "auth.forbidden": { trpc: "FORBIDDEN", http: 403, retry: "no" },
  "auth.invalid-credentials": { trpc: "UNAUTHORIZED", http: 401, retry: "no" },
  "auth.rate-limited": { trpc: "TOO_MANY_REQUESTS", http: 429, retry: "yes" },
  "auth.reauthentication-failed": { trpc: "FORBIDDEN", http: 403, retry: "no" },
  "auth.second-factor-required": { trpc: "FORBIDDEN", http: 403, retry: "no" },
  "auth.second-factor-invalid": { trpc: "FORBIDDEN", http: 403, retry: "no" },
  "auth.second-factor-exists": { trpc: "CONFLICT", http: 409, retry: "no" },
  "auth.password-change-required": { trpc: "FORBIDDEN", http: 403, retry: "no" },
  "request.invalid": { trpc: "BAD_REQUEST", http: 400, retry: "no" },
  "document.refused": { trpc: "BAD_REQUEST", http: 422, retry: "no" },
  "request.too-large": { trpc: "PAYLOAD_TOO_LARGE", http: 413, retry: "no" },
  "request.rate-limited": { trpc: "TOO_MANY_REQUESTS", http: 429, retry: "yes" },
  "request.not-acceptable": { trpc: "BAD_REQUEST", http: 406, retry: "no" },
  "request.range-not-satisfiable": { trpc: "BAD_REQUEST", http: 416, retry: "no" },
  "request.unsupported-media-type": { trpc: "BAD_REQUEST", http: 415, retry: "no" },
  "resource.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "org.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "facility.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "user.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "user.email-taken": { trpc: "CONFLICT", http: 409, retry: "no" },
  "user.password-weak": { trpc: "BAD_REQUEST", http: 400, retry: "no" },
  "user.invitation-invalid": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "user.too-many-links": { trpc: "TOO_MANY_REQUESTS", http: 429, retry: "no" },
  "study.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "series.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "instance.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "instance.already-resolved": { trpc: "CONFLICT", http: 409, retry: "no" },
  "instance.cannot-release": { trpc: "CONFLICT", http: 409, retry: "no" },
  "frame.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "case.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "case.already-claimed": { trpc: "CONFLICT", http: 409, retry: "no" },
  "case.reserved": { trpc: "CONFLICT", http: 409, retry: "no" },
  "case.claim-expired": { trpc: "CONFLICT", http: 409, retry: "no" },
  "case.not-claimed": { trpc: "CONFLICT", http: 409, retry: "no" },
  "case.illegal-move": { trpc: "CONFLICT", http: 409, retry: "no" },
  "case.incomplete": { trpc: "CONFLICT", http: 409, retry: "no" },
  "case.skip-reason": { trpc: "BAD_REQUEST", http: 422, retry: "no" },
  "case.given": { trpc: "CONFLICT", http: 409, retry: "no" },
  "case.drawn": { trpc: "CONFLICT", http: 409, retry: "no" },
  "case.not-together": { trpc: "CONFLICT", http: 409, retry: "no" },
  "case.read-with": { trpc: "CONFLICT", http: 409, retry: "no" },
  "case.barred": { trpc: "CONFLICT", http: 409, retry: "no" },
  "shift.none-then": { trpc: "CONFLICT", http: 409, retry: "no" },
  "case.not-given": { trpc: "CONFLICT", http: 409, retry: "no" },
  "assignment-run.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "case.late-images": { trpc: "CONFLICT", http: 409, retry: "no" },
  "report.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "report.version-conflict": { trpc: "CONFLICT", http: 409, retry: "no" },
  "report.draft-of-another": { trpc: "CONFLICT", http: 409, retry: "no" },
  "report.impression-missing": { trpc: "BAD_REQUEST", http: 422, retry: "no" },
  "report.not-yours-to-finalise": { trpc: "CONFLICT", http: 409, retry: "no" },
  "report.own-preliminary": { trpc: "CONFLICT", http: 409, retry: "no" },
  "report.unscored": { trpc: "BAD_REQUEST", http: 422, retry: "no" },
  "report.double-reading": { trpc: "CONFLICT", http: 409, retry: "no" },
  "report.already-signed": { trpc: "CONFLICT", http: 409, retry: "no" },
  "report.not-signed": { trpc: "CONFLICT", http: 409, retry: "no" },
  "order.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "order.version-conflict": { trpc: "CONFLICT", http: 409, retry: "no" },
  "order.cancelled": { trpc: "CONFLICT", http: 409, retry: "no" },
  "order.other-patient": { trpc: "CONFLICT", http: 409, retry: "no" },
  "escalation.version-conflict": { trpc: "CONFLICT", http: 409, retry: "no" },
  "list.version-conflict": { trpc: "CONFLICT", http: 409, retry: "no" },
  "list.too-many-watched": { trpc: "CONFLICT", http: 409, retry: "no" },
  "hanging.version-conflict": { trpc: "CONFLICT", http: 409, retry: "no" },
  "hanging.too-many": { trpc: "CONFLICT", http: 409, retry: "no" },
  "hanging.altered-file": { trpc: "BAD_REQUEST", http: 400, retry: "no" },
  "hanging.unreadable-file": { trpc: "BAD_REQUEST", http: 400, retry: "no" },
  "contract.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "service-level.version-conflict": { trpc: "CONFLICT", http: 409, retry: "no" },
  "rules.version-conflict": { trpc: "CONFLICT", http: 409, retry: "no" },
  "patient.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "audit.broken-chain": { trpc: "INTERNAL_SERVER_ERROR", http: 500, retry: "no" },
  "edge.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "edge.revoked": { trpc: "FORBIDDEN", http: 403, retry: "no" },
  "edge.code-invalid": { trpc: "FORBIDDEN", http: 403, retry: "no" },
  "edge.assertion-invalid": { trpc: "UNAUTHORIZED", http: 401, retry: "no" },
  "delivery.not-found": { trpc: "NOT_FOUND", http: 404, retry: "no" },
  "dicom.invalid-uid": { trpc: "BAD_REQUEST", http: 400, retry: "no" },
  "dicom.not-part10": { trpc: "BAD_REQUEST", http: 400, retry: "no" },
  "dicom.truncated": { trpc: "BAD_REQUEST", http: 400, retry: "no" },
  "dicom.unsupported-transfer-syntax": { trpc: "BAD_REQUEST", http: 406, retry: "no" },
  "dicom.missing-attribute": { trpc: "BAD_REQUEST", http: 400, retry: "no" },
  "dicom.uid-mismatch": { trpc: "BAD_REQUEST", http: 409, retry: "no" },
  "dicom.cannot-render": { trpc: "BAD_REQUEST", http: 406, retry: "no" },
  "dicom.malformed": { trpc: "BAD_REQUEST", http: 400, retry: "no" },
  "storage.unavailable": { trpc: "SERVICE_UNAVAILABLE", http: 503, retry: "yes" },
  "storage.full": { trpc: "SERVICE_UNAVAILABLE", http: 507, retry: "yes" },
  "storage.corrupt": { trpc: "INTERNAL_SERVER_ERROR", http: 500, retry: "no" },
  "server.busy": { trpc: "SERVICE_UNAVAILABLE", http: 503, retry: "yes" },
  internal: { trpc: "INTERNAL_SERVER_ERROR", http: 500, retry: "yes" },
};

/**
 * The DomainError in a chain of causes, or one for a disk fault or a busy database; anything unknown becomes
 * `internal`, with its text kept for the log only.
 */
export function toDomainError(error: unknown): DomainError {
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if (e instanceof DomainError) return e;
    const { code = "", syscall } = e as NodeJS.ErrnoException;
    if (syscall && diskFaults.has(code)) return new DomainError("storage.unavailable", { cause: error });
    if (syscall && fullFaults.has(code)) return new DomainError("storage.full", { cause: error });
  }
  if (isBusyDatabase(error)) return new DomainError("server.busy", { cause: error });
  return new DomainError("internal", { cause: error });
}

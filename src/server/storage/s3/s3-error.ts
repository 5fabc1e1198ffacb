import { DomainError } from "@overread/shared/errors";
import { StoreFault } from "#server/outage.ts";

type ClientError = Error & { Code?: string; code?: string; $metadata?: { httpStatusCode?: number } };

/** S3's error name (`NoSuchKey`, `SlowDown`), or the system's code (`ECONNREFUSED`). */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { Code, code, name } = error as ClientError;
  return Code ?? code ?? (name === "Error" || name === "TypeError" ? undefined : name);
}

/** The server is full, or the account's quota is used up. */
const full = new Set(["QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage"]);

/**
 * An S3 server's error as a DomainError. No error about the server itself is a fault of an object: neither refused
 * credentials nor a missing bucket. An unknown error is returned unchanged.
 */
export function s3Error(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const code = codeOf(error);
  const status = (error as ClientError | null)?.$metadata?.httpStatusCode;
  if (code === undefined && status === undefined) return error;
  const cause = new StoreFault(code ?? `HTTP ${status}`, error);
  return new DomainError(status === 507 || full.has(cause.code) ? "storage.full" : "storage.unavailable", { cause });
}

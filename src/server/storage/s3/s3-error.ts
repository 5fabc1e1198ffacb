import { DomainError } from "@overread/shared/errors";
import { StoreFault } from "#server/outage.ts";

type ClientError = Error & { Code?: string; code?: string; $metadata?: { httpStatusCode?: number } };

/** What S3 calls it (`NoSuchKey`, `SlowDown`), or the system (`ECONNREFUSED`). */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { Code, code, name } = error as ClientError;
  return Code ?? code ?? (name === "Error" || name === "TypeError" ? undefined : name);
}

/** The server has no room, or this account's share of it is used up. */
const full = new Set(["QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage"]);

/**
 * What an S3 server says, in the words of the product. Nothing that it says of itself is a fault of an object: not that it refuses the
 * credentials, nor that the bucket is gone. An error we do not know stays what it is.
 */
export function s3Error(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const code = codeOf(error);
  const status = (error as ClientError | null)?.$metadata?.httpStatusCode;
  if (code === undefined && status === undefined) return error;
  const cause = new StoreFault(code ?? `HTTP ${status}`, error);
  return new DomainError(status === 507 || full.has(cause.code) ? "storage.full" : "storage.unavailable", { cause });
}

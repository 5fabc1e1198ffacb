import { DomainError } from "@overread/shared/errors";
import { isBusyDatabase } from "./db/busy.ts";
import type { Log } from "./log.ts";

/** What an operator can look after, by the code that the system gave. */
const words: Record<string, string> = {
  EIO: "the disk answers with errors",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of the disk is used up",
  EROFS: "the disk is read-only",
  EACCES: "the folder of the archive may not be read or written by this account",
  EPERM: "the folder of the archive may not be read or written by this account",
  ENOENT: "the folder of the archive is not there",
  ENOTDIR: "the folder of the archive is not there",
  ESTALE: "the disk has gone away",
  ENODEV: "the disk has gone away",
  ENXIO: "the disk has gone away",
  EMFILE: "this process has too many files open",
  ENFILE: "this computer has too many files open",
};

/** The same of an object store that is reached over the network, by the code that it or the network gave. */
const storeMessages: Record<string, string> = {
  NoSuchBucket: "the bucket of the archive is not there",
  AccessDenied: "the object store refuses these credentials for the bucket",
  InvalidAccessKeyId: "the object store does not know these credentials",
  SignatureDoesNotMatch: "the object store refuses the secret key",
  CredentialsProviderError: "no credentials for the object store are given (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)",
  ExpiredToken: "the credentials for the object store have expired",
  PermanentRedirect: "the bucket is in another region",
  RequestTimeTooSkewed: "the clocks of this computer and of the object store differ by too much",
  BadDigest: "bytes were changed on their way to the object store",
  XAmzContentSHA256Mismatch: "bytes were changed on their way to the object store",
  TimeoutError: "the object store does not answer in time",
  QuotaExceeded: "the quota of the bucket is used up",
  XMinioStorageFull: "the object store is full",
  InsufficientStorage: "the object store is full",
  SlowDown: "the object store asks for fewer requests",
  ECONNREFUSED: "the object store does not answer",
  ECONNRESET: "the object store does not answer",
  ETIMEDOUT: "the object store does not answer",
  EPIPE: "the object store does not answer",
  ENOTFOUND: "the object store's name is not known",
  EAI_AGAIN: "the object store's name is not known",
};

/** Why an object store that is reached over the network cannot be used. */
export class StoreFault extends Error {
  readonly code: string;
  constructor(code: string, cause: unknown) {
    super("the object store does not answer as it should", { cause });
    this.code = code;
  }
}

/** Disk faults under a read or write, as the disk gives them. */
export const diskFaults = new Set(["EIO", "EROFS", "ESTALE", "ENODEV", "ENXIO", "EMFILE", "ENFILE"]);
export const fullFaults = new Set(["ENOSPC", "EDQUOT"]);

/** Why something cannot be had right now, in words without a path, a name or a value. */
export function describeCause(error: unknown): string {
  for (let e: unknown = error; e instanceof Error; e = e.cause)
    if (e instanceof StoreFault) return storeMessages[e.code] ?? `${e.message} (${e.code})`;
  if (isBusyDatabase(error)) return "the database does not answer, or not in time";
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    const { code } = e as NodeJS.ErrnoException;
    if (code && words[code]) return words[code];
  }
  if (error instanceof DomainError && error.code === "storage.full") return "the disk has less room than its reserve";
  return "more is asked than can be done at once";
}

const quietMs = 60_000;
const said = new Map<string, { at: number; more: number }>();

/**
 * Says why callers are turned away for a while: once a minute for each cause, with the number of those since.
 * Other errors are not its business.
 */
export function logOutage(log: Log, error: DomainError, ids: { requestId?: string } = {}, now = Date.now()): void {
  if (!["storage.unavailable", "storage.full", "server.busy"].includes(error.code)) return;
  const cause = describeCause(error);
  const key = `${error.code} ${cause}`;
  const before = said.get(key);
  if (before && now - before.at < quietMs) {
    before.more++;
    return;
  }
  said.set(key, { at: now, more: 0 });
  log.error(
    { code: error.code, cause, sinceLast: before?.more ?? 0, ...ids, err: error.cause },
    "callers are turned away for now",
  );
}

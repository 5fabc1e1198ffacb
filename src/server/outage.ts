import { DomainError } from "@overread/shared/errors";
import { isBusyDatabase } from "./db/busy.ts";
import type { Log } from "./log.ts";

/** Explanations for operators, by system error code. */
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

/** The same for a remote object store, by its or the network's code. */
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

/** Why a remote object store cannot be used. */
export class StoreFault extends Error {
  readonly code: string;
  constructor(code: string, cause: unknown) {
    super("the object store does not answer as it should", { cause });
    this.code = code;
  }
}

/** Error codes of disk faults during a read or write. */
export const diskFaults = new Set(["EIO", "EROFS", "ESTALE", "ENODEV", "ENXIO", "EMFILE", "ENFILE"]);
export const fullFaults = new Set(["ENOSPC", "EDQUOT"]);

/** Why something is unavailable, as text without a path, a name or a value. */
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

/** Logs why callers are being refused: once a minute per cause, with the number since. Ignores other errors. */
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

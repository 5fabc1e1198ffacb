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

/** Disk faults under a read or write, as the disk gives them. */
export const diskFaults = new Set(["EIO", "EROFS", "ESTALE", "ENODEV", "ENXIO", "EMFILE", "ENFILE"]);
export const fullFaults = new Set(["ENOSPC", "EDQUOT"]);

/** Why something cannot be had right now, in words without a path, a name or a value. */
export function causeInWords(error: unknown): string {
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
export function sayOutage(log: Log, error: DomainError, ids: { requestId?: string } = {}, now = Date.now()): void {
  if (!["storage.unavailable", "storage.full", "server.busy"].includes(error.code)) return;
  const cause = causeInWords(error);
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

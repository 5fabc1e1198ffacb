import { DomainError } from "@overread/shared/errors";

/** Whether an error says that the disk, or our share of it, is full. */
export const isFull = (error: unknown): boolean => {
  if (error instanceof DomainError) return error.code === "storage.full";
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG";
};

/** SQLite's primary result codes that say nothing of our statement: BUSY, NOMEM, IOERR, FULL, CANTOPEN. */
const ofTheDisk = new Set([5, 7, 10, 13, 14]);

/** Whether the index could not do it now and may be able to later: no room, or a read or write that failed. */
export const isIndexFault = (error: unknown): boolean =>
  error instanceof Error &&
  "errcode" in error &&
  typeof error.errcode === "number" &&
  ofTheDisk.has(error.errcode & 0xff);

const ofFiles = new Set<unknown>(["EIO", "EROFS", "EMFILE", "ENFILE", "EACCES", "ENOENT"]);

/** Whether the disk failed us in any way, through the index or through a file. */
export const isDiskFault = (error: unknown): boolean =>
  isIndexFault(error) || isFull(error) || (error instanceof Error && "code" in error && ofFiles.has(error.code));

/** A short word for the log; never a path. */
export const faultCode = (error: unknown): string => {
  if (error instanceof Error && "errcode" in error) return `sqlite-${String(error.errcode)}`;
  return error instanceof Error && "code" in error ? String(error.code).toLowerCase() : "unknown";
};

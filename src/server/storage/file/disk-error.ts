import { DomainError } from "@overread/shared/errors";
import { unreadable } from "../object-store.ts";

export const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | null)?.code;

export const isFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT"].includes(errorCode(error) ?? "");

/** A disk error as a DomainError. An unknown error is returned unchanged. */
export function storageError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const code = errorCode(error);
  if (isFull(error)) return new DomainError("storage.full", { cause: error });
  if (code && /^E[A-Z]+$/.test(code)) return new DomainError("storage.unavailable", { cause: error });
  return error;
}

/** Error codes for unreadable sectors, and for a name that is no file. */
const damage = new Set(["EIO", "EBADMSG", "EUCLEAN", "EISDIR", "ENOTDIR", "ELOOP"]);

/** The same for reading an object. */
export const readError = (error: unknown): unknown =>
  damage.has(errorCode(error) ?? "") ? unreadable(error) : storageError(error);

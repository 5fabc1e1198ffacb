import { DomainError } from "@overread/shared/errors";
import { unreadable } from "../object-store.ts";

export const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | null)?.code;

export const isFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT"].includes(errorCode(error) ?? "");

/** What a disk says, in the words of the product. An error we do not know stays what it is. */
export function storageError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const code = errorCode(error);
  if (isFull(error)) return new DomainError("storage.full", { cause: error });
  if (code && /^E[A-Z]+$/.test(code)) return new DomainError("storage.unavailable", { cause: error });
  return error;
}

/** What a disk says of sectors that it cannot read, and of a name that is no file. */
const damage = new Set(["EIO", "EBADMSG", "EUCLEAN", "EISDIR", "ENOTDIR", "ELOOP"]);

/** The same for one who wanted to read an object. */
export const readError = (error: unknown): unknown =>
  damage.has(errorCode(error) ?? "") ? unreadable(error) : storageError(error);

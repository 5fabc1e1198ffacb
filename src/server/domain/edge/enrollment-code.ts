import { createHash, randomBytes } from "node:crypto";

// Crockford's base 32: unambiguous when read over the telephone.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
export const enrollmentCodeHours = 24;

/** A new one-time code, 80 random bits: `7Q4M-0XJK-…`. */
export function newEnrollmentCode(): string {
  const symbols = [...randomBytes(16)].map((byte) => alphabet[byte % 32]);
  return [0, 4, 8, 12].map((start) => symbols.slice(start, start + 4).join("")).join("-");
}

/** The stored hash of a code. Case, spaces and dashes are ignored; O is read as 0, I and L as 1. */
export function enrollmentCodeSha256(code: string): string {
  const symbols = code.toUpperCase().replace(/[\s-]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
  return createHash("sha256").update(`enrollment-code:${symbols}`).digest("hex");
}

import type { IncomingMessage, ServerResponse } from "node:http";
import { DomainError } from "@overread/shared/errors";

/** An instance never changes under its UID, so a browser may cache it for good. */
export const immutable = { "Cache-Control": "private, max-age=86400, immutable", Vary: "Accept" };
export const noSniff = { "X-Content-Type-Options": "nosniff" };

/**
 * Answers 304 where the caller has this representation already (RFC 9110 §13.1.2; weak comparison).
 *
 * @param headers of the 304: the caching headers that a 200 would have.
 * @returns true when it was answered.
 */
export function isNotModified(
  req: IncomingMessage,
  res: ServerResponse,
  etag: string,
  headers: Record<string, string>,
): boolean {
  const plain = (each: string): string => each.trim().replace(/^W\//, "");
  const known = (req.headers["if-none-match"] ?? "").split(",").map(plain);
  if (!known.includes(plain(etag)) && !known.includes("*")) return false;
  res.writeHead(304, { ...headers, ETag: etag });
  res.end();
  return true;
}

/**
 * A single byte range (RFC 9110 §14.2); several ranges or unknown units are answered with the whole, and so is a range
 * of another representation by `If-Range` (§13.1.5).
 *
 * @throws {DomainError} `request.range-not-satisfiable` for a range beyond the end, with the actual length
 */
export function byteRange(
  { headers }: IncomingMessage,
  length: number,
  etag: string,
): { start: number; end: number } | null {
  const condition = headers["if-range"];
  if (condition !== undefined && condition !== etag) return null;
  const match = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  const [, from = "", to = ""] = match;
  const start = from === "" ? Math.max(0, length - Number(to)) : Number(from);
  const end = from === "" || to === "" ? length : Math.min(length, Number(to) + 1);
  if (start >= end) throw new DomainError("request.range-not-satisfiable", { details: { length } });
  return { start, end };
}

import type { IncomingMessage } from "node:http";

/** A media type with its parameters, names in lower case, values unquoted (RFC 9110 §8.3.1). */
export type MediaType = { type: string; parameters: Record<string, string>; q: number };

const token = String.raw`[!#$%&'*+.^_\x60|~0-9A-Za-z-]+`;
const parameter = new RegExp(String.raw`;\s*(${token})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;,"\s]*))\s*`, "gy");

/**
 * Parses `Content-Type`, or one element of `Accept`.
 *
 * @returns undefined when it is invalid.
 */
export function parseMediaType(text: string): MediaType | undefined {
  const head = new RegExp(String.raw`^\s*(${token}/${token}|\*)\s*`).exec(text);
  if (!head?.[1]) return undefined;
  const parameters: Record<string, string> = {};
  parameter.lastIndex = head[0].length;
  for (let match = parameter.exec(text); match; match = parameter.exec(text)) {
    const [, name = "", quoted, plain = ""] = match;
    parameters[name.toLowerCase()] ??= quoted === undefined ? plain : quoted.replace(/\\(.)/g, "$1");
    if (parameter.lastIndex === text.length) break;
  }
  const q = Number(parameters.q ?? "1");
  return { type: head[1].toLowerCase(), parameters, q: Number.isFinite(q) ? q : 1 };
}

/**
 * What a request accepts: its `accept` query parameter, else its header (PS3.18 §8.3.3.1). The parameter is for URLs
 * typed by a person.
 */
export function accepted(req: IncomingMessage): MediaType[] {
  const url = req.url ?? "";
  // A plus in an address may be one (`dicom+json`), or the space that a form makes of it: behind a sign that divides.
  const query = url.includes("?") ? url.slice(url.indexOf("?")).replace(/(?<![;,]|%3B|%2C)\+/gi, "%2B") : "";
  const inAddress = new URLSearchParams(query).get("accept");
  return parseAccept(inAddress ?? req.headers.accept);
}

/** The elements of an `Accept` header by preference; without one, anything is accepted. */
export function parseAccept(header: string | undefined): MediaType[] {
  if (!header?.trim()) return [{ type: "*/*", parameters: {}, q: 1 }];
  return splitOutsideQuotes(header)
    .map(parseMediaType)
    .filter((entry): entry is MediaType => entry !== undefined && entry.q > 0)
    .sort((a, b) => b.q - a.q);
}

function splitOutsideQuotes(text: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (text[i] === "," && !quoted) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)].slice(0, 50);
}

/** Whether an accepted range such as `image/*` covers a type. */
export function covers(range: string, type: string): boolean {
  return (
    range === "*/*" || range === "*" || range === type || (range.endsWith("/*") && type.startsWith(range.slice(0, -1)))
  );
}

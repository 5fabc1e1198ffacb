import { normalisePersonName } from "@overread/shared/dicom/person-name";
import { isUid } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";
import { likeLiteral } from "#server/db/like.ts";
import type { Matcher } from "./search-attributes.ts";

/** Collects parameters while a statement is built; no text of a caller gets into the statement. */
export class Parameters {
  readonly values: unknown[] = [];
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

const listLimit = 1000;

/**
 * The condition for one matching key (PS3.4 §C.2.2.2): single value, list, wildcard, range; an empty value matches all.
 *
 * @returns null for a key that matches everything.
 * @throws {DomainError} `request.invalid` with a reason; `request.too-large` for a list that is too long.
 */
export function condition(
  { kind, sql }: Matcher,
  value: string,
  parameters: Parameters,
  { fuzzy, emptyMatching = false }: { fuzzy: boolean; emptyMatching?: boolean },
): string | null {
  if (value === "" || value === "*") return null;
  if (value === '""' && emptyMatching)
    return kind === "codes" ? `coalesce(cardinality(${sql}), 0) = 0` : `coalesce((${sql})::text, '') = ''`;
  switch (kind) {
    case "uid": {
      const uids = listOf(value);
      if (!uids.every(isUid)) throw invalid("uid");
      return uids.length === 1
        ? `${sql} = ${parameters.add(uids[0], "text")}`
        : `${sql} = ANY(${parameters.add(uids, "text[]")})`;
    }
    case "codes":
      return codes(sql, listOf(value), parameters);
    case "code": {
      const list = listOf(value);
      return list.length > 1 ? `${sql} = ANY(${parameters.add(list, "text[]")})` : text(sql, value, parameters);
    }
    case "text":
      return text(sql, value, parameters);
    case "name":
      return fuzzy ? fuzzyName(sql, value, parameters) : name(sql, value, parameters);
    case "nameText": {
      const pattern = likePattern(value.replace(/=+$/, ""));
      return `${sql} ILIKE ${parameters.add(fuzzy ? `%${pattern}%` : pattern, "text")}`;
    }
    case "date":
      return range(sql, value, /^\d{8}$/, parameters, "");
    case "time":
      // An upper bound of 10:15 includes its last moment; a tilde sorts after every digit.
      return range(
        `${sql} COLLATE "C"`,
        value.replaceAll(":", ""),
        /^\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?$/,
        parameters,
        "~",
      );
    case "integer": {
      if (!/^[+-]?\d{1,9}$/.test(value)) throw invalid("integer");
      return `${sql} = ${parameters.add(Number(value), "int")}`;
    }
  }
}

const invalid = (reason: string): DomainError =>
  new DomainError("request.invalid", { details: { reason: `bad-${reason}` } });

function listOf(value: string): string[] {
  const list = value
    .split(/[,\\]/)
    .map((each) => each.trim())
    .filter((each) => each !== "");
  if (list.length > listLimit) throw new DomainError("request.too-large");
  return list;
}

/** DICOM's `*` and `?` as SQL's `%` and `_`. */
function likePattern(value: string): string {
  return likeLiteral(value).replaceAll("*", "%").replaceAll("?", "_");
}

/**
 * That a column fits a LIKE pattern. Its beginning is asked for by `^@`: unlike LIKE, that is leakproof, so that Postgres may look it up
 * in an index before it has asked the row policies, and does not read every study of the hospital.
 */
function like(sql: string, pattern: string, parameters: Parameters): string {
  const beginning = /^[^%_\\]*/.exec(pattern)?.[0] ?? "";
  if (beginning === "") return `${sql} LIKE ${parameters.add(pattern, "text")}`;
  const begins = `${sql} ^@ ${parameters.add(beginning, "text")}`;
  if (pattern === `${beginning}%`) return begins;
  return `(${begins} AND ${sql} LIKE ${parameters.add(pattern, "text")})`;
}

const hasWildcard = (value: string): boolean => /[*?]/.test(value);

function text(sql: string, value: string, parameters: Parameters): string {
  return hasWildcard(value) ? like(sql, likePattern(value), parameters) : `${sql} = ${parameters.add(value, "text")}`;
}

function codes(sql: string, list: string[], parameters: Parameters): string | null {
  if (list.length === 0) return null;
  const plain = list.filter((each) => !hasWildcard(each));
  const conditions = list
    .filter(hasWildcard)
    .map((each) => `EXISTS (SELECT 1 FROM unnest(${sql}) m WHERE m LIKE ${parameters.add(likePattern(each), "text")})`);
  if (plain.length > 0) conditions.unshift(`${sql} && ${parameters.add(plain, "text[]")}`);
  return `(${conditions.join(" OR ")})`;
}

/**
 * Matches a name without case, accents or width, in any of its representations. Each representation is stored
 * normalised and terminated by `=` in the search column, so the alphabetic one is found as the column's prefix, which
 * is indexed.
 */
function name(sql: string, value: string, parameters: Parameters): string | null {
  const groups = value.split("=").filter((group) => group !== "");
  const conditions = groups.map((group) => {
    const pattern = namePattern(group);
    // Wildcards alone match every name; punctuation alone matches none.
    if (pattern === "") return hasWildcard(group) ? null : "false";
    const whole = /[*]$/.test(group) ? `${pattern}%` : `${pattern}=%`;
    const first = like(sql, whole, parameters);
    // Latin letters are nearly always in the first representation; only other scripts are searched in all of them.
    if (/^[ -\u024f]*$/.test(pattern)) return first;
    return `(${first} OR ${sql} LIKE ${parameters.add(`%=${whole}`, "text")})`;
  });
  const wanted = conditions.filter((each) => each !== null);
  return wanted.length > 0 ? wanted.join(" AND ") : null;
}

/** Normalises the text between wildcards. */
function namePattern(group: string): string {
  return group
    .split(/([*?])/)
    .map((piece, index, pieces) => {
      if (piece === "*") return "%";
      if (piece === "?") return "_";
      const plain = normalisePersonName({ alphabetic: piece.replaceAll("^", " ") });
      // "Doe^*": the space after the family name is part of the pattern.
      const open = /[\^\s]$/.test(piece) && index < pieces.length - 1 && plain !== "" ? " " : "";
      const before = /^[\^\s]/.test(piece) && index > 0 && plain !== "" ? " " : "";
      return likeLiteral(before + plain + open);
    })
    .join("")
    .replace(/%+$/, "");
}

/** Every word of the query is a prefix of a word of the name, in any representation and order. */
function fuzzyName(sql: string, value: string, parameters: Parameters): string | null {
  const words = value
    .split(/[=^*?\s,]+/)
    .map((word) => normalisePersonName({ alphabetic: word }))
    .flatMap((word) => word.split(" "))
    .filter((word) => word !== "")
    .slice(0, 8);
  if (words.length === 0) return hasWildcard(value) ? null : "false";
  return words
    .map((word) => {
      const start = likeLiteral(word);
      const any = [`${start}%`, `% ${start}%`, `%=${start}%`].map((pattern) => parameters.add(pattern, "text"));
      return `(${any.map((pattern) => `${sql} LIKE ${pattern}`).join(" OR ")})`;
    })
    .join(" AND ");
}

function range(sql: string, value: string, one: RegExp, parameters: Parameters, upperSuffix: string): string {
  const parts = value.split("-");
  if (parts.length === 1 && one.test(value))
    return upperSuffix
      ? `${sql} LIKE ${parameters.add(`${value}%`, "text")}`
      : `${sql} = ${parameters.add(value, "text")}`;
  const [from = "", to = ""] = parts;
  const bad =
    parts.length !== 2 ||
    (from === "" && to === "") ||
    (from !== "" && !one.test(from)) ||
    (to !== "" && !one.test(to));
  if (bad) throw invalid("range");
  const conditions: string[] = [];
  if (from) conditions.push(`${sql} >= ${parameters.add(from, "text")}`);
  if (to) conditions.push(`${sql} <= ${parameters.add(to + upperSuffix, "text")}`);
  if (!from) conditions.push(`${sql} <> ''`);
  return `(${conditions.join(" AND ")})`;
}

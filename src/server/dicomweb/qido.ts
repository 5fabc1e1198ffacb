import type { IncomingMessage, ServerResponse } from "node:http";
import { DomainError } from "@overread/shared/errors";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import {
  countLimit,
  isAttribute,
  isSearchable,
  rootPlaceholder,
  type SearchLevel,
  safeName,
  search,
} from "#server/domain/imaging/index.ts";
import { sendJsonText } from "#server/http/answer.ts";
import { accepted, covers } from "#server/http/media-type.ts";
import { type Caller, grantStudy } from "./grant.ts";

/** Rows per answer: the maximum, and the default. Most viewers request a whole series. */
const pageLimit = { study: 1000, series: 5000, instance: 10_000 };
const defaultLimit = { study: 100, series: 1000, instance: 5000 };
const urlLimit = 64 << 10;

/** QIDO-RS (PS3.18 §10.6): searches for studies, series and instances, below a study or across all. */
export async function searchDicom(
  req: IncomingMessage,
  res: ServerResponse,
  caller: Caller,
  {
    level,
    root,
    study,
    series,
  }: { level: SearchLevel; root: string; study?: string | undefined; series?: string | undefined },
): Promise<void> {
  const wanted = accepted(req);
  if (!wanted.some(({ type }) => covers(type, "application/dicom+json") || covers(type, "application/json")))
    throw new DomainError("request.not-acceptable");
  const { matches, fuzzy, emptyMatching, includeFields, limit, offset, ignored } = parseQuery(req.url ?? "", level);
  const within = study ? { studyId: (await grantStudy(caller, study)).studyId, seriesInstanceUid: series } : undefined;
  const { items, total, counted } = await withTenantSql(
    caller.actor,
    (ctx) =>
      search(ctx, {
        level,
        hospitalOrgId: caller.org.id,
        within,
        matches,
        fuzzy,
        emptyMatching,
        includeFields,
        limit,
        offset,
      }),
    // Below a study nothing is audited: its grant was.
    { requestId: caller.requestId, ...(within ? { readOnly: true } : { pipelineOpening: true }) },
  );
  if (within && series && items.length === 0 && matches.length === 0 && offset === 0)
    throw new DomainError("series.not-found");
  const headers: Record<string, string> = {
    "X-Total-Count": counted ? String(total) : String(countLimit),
    "Cache-Control": "private, no-cache",
  };
  const warnings: string[] = [];
  const left = total - offset - items.length;
  if (left > 0)
    warnings.push(
      `There are ${counted ? left : `more than ${countLimit - offset}`} additional results that can be requested`,
    );
  if (ignored.length > 0) warnings.push(`These parameters were ignored: ${ignored.join(" ")}`);
  if (warnings.length > 0) headers.Warning = warnings.map((each) => `299 overread: "${each}"`).join(", ");
  if (items.length === 0) {
    res.writeHead(204, headers);
    res.end();
    return;
  }
  const text = `[${items.join(",")}]`
    .replaceAll(`["${rootPlaceholder}/`, `["${root}/`)
    .replaceAll(`:"${rootPlaceholder}/`, `:"${root}/`);
  await sendJsonText(res, text, { type: "application/dicom+json", headers });
}

/**
 * Parses the query (PS3.18 §8.3.4): percent-decoded, `+` as a space, keywords or tags. Unknown attributes, and those
 * that cannot be searched at this level, are ignored and named in a warning; a limit above ours is reduced.
 *
 * @throws {DomainError} `request.invalid` with the parameter for invalid values, `request.too-large`
 */
function parseQuery(url: string, level: SearchLevel) {
  if (url.length > urlLimit) throw new DomainError("request.too-large");
  const query = url.includes("?") ? url.slice(url.indexOf("?") + 1) : "";
  const matches: [string, string][] = [];
  const includeFields: string[] = [];
  const ignored = new Set<string>();
  let fuzzy = false;
  let emptyMatching = false;
  let limit = defaultLimit[level];
  let offset = 0;
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decode(pair.slice(equals + 1));
    const key = name.toLowerCase();
    if (key === "limit") limit = whole(value, "limit");
    else if (key === "offset") offset = whole(value, "offset");
    else if (key === "fuzzymatching") fuzzy = truth(value, key);
    else if (key === "emptyvaluematching") emptyMatching = truth(value, key);
    // Lists of codes and UIDs always match.
    else if (key === "multiplevaluematching") truth(value, key);
    else if (key === "includefield") {
      for (const field of value.split(",").map((each) => each.trim()))
        if (field === "all" || isAttribute(field)) includeFields.push(field);
        else if (field !== "") ignored.add(`includefield=${safeName(field)}`);
    } else if (key === "accept") continue;
    else if (isSearchable(name, level)) matches.push([name, value]);
    else ignored.add(safeName(name));
  }
  return {
    matches,
    includeFields,
    fuzzy,
    emptyMatching,
    limit: Math.min(limit, pageLimit[level]),
    offset,
    ignored: [...ignored].slice(0, 20),
  };
}

const bad = (parameter: string): DomainError => new DomainError("request.invalid", { details: { parameter } });

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text.replaceAll("+", " ")).trim();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u001f\u007f]/.test(decoded)) throw bad("control-character");
    return decoded;
  } catch (error) {
    throw error instanceof DomainError ? error : bad("percent-encoding");
  }
}

function whole(value: string, name: string): number {
  if (!/^\d{1,9}$/.test(value)) throw bad(name);
  return Number(value);
}

function truth(value: string, name: string): boolean {
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
  throw bad(name);
}

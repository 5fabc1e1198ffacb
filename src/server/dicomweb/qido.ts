import type { IncomingMessage, ServerResponse } from "node:http";
import { DomainError } from "@overread/shared/errors";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { countLimit, rootPlaceholder, type SearchLevel, search } from "#server/domain/imaging/index.ts";
import { type Caller, grantStudy } from "./grant.ts";
import { covers, parseAccept } from "./media-type.ts";
import { sendJson } from "./respond.ts";

/** Rows of one answer: at most, and when the query does not say. A series is asked for whole by most viewers. */
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
  const wanted = parseAccept(req.headers.accept);
  if (!wanted.some(({ type }) => covers(type, "application/dicom+json") || covers(type, "application/json")))
    throw new DomainError("request.not-acceptable");
  const { matches, fuzzy, includeFields, limit, offset } = parseQuery(req.url ?? "", level);
  const within = study ? { studyId: (await grantStudy(caller, study)).studyId, seriesInstanceUid: series } : undefined;
  const { items, total, counted } = await withTenantSql(
    caller.actor,
    (ctx) => search(ctx, { level, hospitalOrgId: caller.org.id, within, matches, fuzzy, includeFields, limit, offset }),
    { requestId: caller.requestId },
  );
  if (within && series && items.length === 0 && matches.length === 0 && offset === 0)
    throw new DomainError("series.not-found");
  const headers: Record<string, string> = {
    "X-Total-Count": counted ? String(total) : String(countLimit),
    "Cache-Control": "private, no-cache",
  };
  const left = total - offset - items.length;
  if (left > 0)
    headers.Warning = `299 overread: There are ${counted ? left : `more than ${countLimit - offset}`} additional results that can be requested`;
  if (items.length === 0) {
    res.writeHead(204, headers);
    res.end();
    return;
  }
  const text = `[${items.join(",")}]`
    .replaceAll(`["${rootPlaceholder}/`, `["${root}/`)
    .replaceAll(`:"${rootPlaceholder}/`, `:"${root}/`);
  await sendJson(req, res, text, { headers });
}

/**
 * Reads the query: percent-decoded, `+` as a space, keywords or tags.
 * @throws {DomainError} `request.invalid` with the parameter, `request.too-large`
 */
export function parseQuery(url: string, level: SearchLevel) {
  if (url.length > urlLimit) throw new DomainError("request.too-large");
  const query = url.includes("?") ? url.slice(url.indexOf("?") + 1) : "";
  const matches: [string, string][] = [];
  const includeFields: string[] = [];
  let fuzzy = false;
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
    else if (key === "fuzzymatching") fuzzy = truth(value);
    else if (key === "includefield")
      includeFields.push(
        ...value
          .split(",")
          .map((each) => each.trim())
          .filter((each) => each !== ""),
      );
    else matches.push([name, value]);
  }
  if (limit > pageLimit[level])
    throw new DomainError("request.too-large", { details: { parameter: "limit", maximum: pageLimit[level] } });
  return { matches, includeFields, fuzzy, limit, offset };
}

const bad = (parameter: string): DomainError => new DomainError("request.invalid", { details: { parameter } });

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " ")).trim();
  } catch {
    throw bad("percent-encoding");
  }
}

function whole(value: string, name: string): number {
  if (!/^\d{1,9}$/.test(value)) throw bad(name);
  return Number(value);
}

function truth(value: string): boolean {
  if (value === "true" || value === "false") return value === "true";
  throw bad("fuzzymatching");
}

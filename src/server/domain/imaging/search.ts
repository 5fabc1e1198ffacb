import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { DomainError } from "@overread/shared/errors";
import type { SqlCtx } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { condition, Parameters } from "./match.ts";
import { imagingScope } from "./policy.ts";
import { levelTags, sortTags } from "./prerender.ts";
import { type SearchLevel, safeName, searchAttribute, searchLevels, tagsOf } from "./search-attributes.ts";

export type Search = {
  level: SearchLevel;
  hospitalOrgId: string;
  /** Below this study, for which the caller has been authorised; otherwise across all studies (relational). */
  within?: { studyId: string; seriesInstanceUid?: string | undefined } | undefined;
  /** Attribute (keyword, tag or path) and value, decoded. */
  matches: [attribute: string, value: string][];
  fuzzy: boolean;
  /** `""` stands for "empty or absent" (PS3.18 §8.3.4.1, PS3.4 C.2.2.2.7). */
  emptyMatching?: boolean;
  /** Keywords, tags, or `all`. */
  includeFields: string[];
  limit: number;
  offset: number;
};

/** `items`: DICOM JSON texts with the root's placeholder. `total` stops counting at {@link countLimit}. */
export type SearchResult = { items: string[]; total: number; counted: boolean };

/** Counting further would cost more than the page itself. */
export const countLimit = 10_000;

/**
 * QIDO-RS search (PS3.18 §10.6). Newest studies first and then by id, so that pages do not shift when studies arrive.
 * Answers were prepared at ingest; only relational and `includefield` answers are composed here.
 *
 * A search across studies is audited as one event; below a study, the study's grant was audited.
 *
 * @throws {DomainError} `request.invalid` for invalid attributes or values, `request.too-large`
 */
export async function search(ctx: SqlCtx, query: Search): Promise<SearchResult> {
  const parameters = new Parameters();
  const conditions = conditionsOf(ctx, query, parameters);
  const where = conditions.join(" AND ");
  const { level, limit, offset } = query;
  const deep = level !== "study";
  const extra = extraTags(query);
  const from = [
    "study st",
    ...(deep ? ["JOIN series se ON se.study_ref = st.id"] : []),
    ...(level === "instance" ? ["JOIN instance i ON i.series_ref = se.id"] : []),
  ].join(" ");
  const own = { study: "st", series: "se", instance: "i" }[level];
  const selected = [`${own}.qido_json AS own`];
  if (deep && !query.within) selected.push("st.qido_json AS study");
  if (level === "instance" && !query.within?.seriesInstanceUid) selected.push("se.qido_json AS series");
  if (extra.length > 0) selected.push(`${metadataOf(level)} AS metadata`);

  const rows = await ctx.tx.$queryRawUnsafe<Row[]>(
    `SELECT ${selected.join(", ")} FROM ${from} WHERE ${where} ORDER BY ${orderOf(query)} LIMIT ${limit} OFFSET ${offset}`,
    ...parameters.values,
  );
  let total = offset + rows.length;
  if ((rows.length === limit && limit > 0) || (rows.length === 0 && offset > 0) || limit === 0) {
    const [count] = await ctx.tx.$queryRawUnsafe<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM (SELECT 1 FROM ${from} WHERE ${where} LIMIT ${countLimit + 1}) c`,
      ...parameters.values,
    );
    total = count?.n ?? total;
  }
  if (!query.within)
    await audit(ctx, {
      action: "study.search",
      orgId: query.hospitalOrgId,
      details: {
        level,
        // Only the names of the keys: the values are patient data.
        keys: query.matches.map(([name]) => safeName(name)).join(","),
        results: rows.length,
      },
    });
  return { items: rows.map((row) => assemble(row, extra)), total, counted: total <= countLimit };
}

type Row = { own: string; study?: string; series?: string; metadata?: string | null };

function conditionsOf({ actor }: SqlCtx, query: Search, parameters: Parameters): string[] {
  const { level, within, hospitalOrgId } = query;
  const conditions: string[] = [];
  if (within) {
    conditions.push(`st.id = ${parameters.add(within.studyId, "uuid")}`);
    if (within.seriesInstanceUid)
      conditions.push(`se.series_instance_uid = ${parameters.add(within.seriesInstanceUid, "text")}`);
  } else {
    conditions.push(`st.org_id = ${parameters.add(hospitalOrgId, "uuid")}`);
    const scope = imagingScope(actor, "study.search", hospitalOrgId);
    if (scope.kind === "none") throw new DomainError("auth.forbidden");
    if (scope.kind === "facilities")
      conditions.push(`st.facility_id = ANY(${parameters.add(scope.facilityIds, "uuid[]")})`);
    if (scope.kind === "referrer") conditions.push(`st.referrer_id = ${parameters.add(scope.userId, "uuid")}`);
  }
  if (level === "study") conditions.push("st.number_of_instances > 0");
  if (level === "series") conditions.push("se.number_of_instances > 0");
  if (level === "instance") conditions.push("i.status = 'stored'");
  for (const [name, value] of query.matches) {
    const { matcher } = searchAttribute(name, level);
    try {
      const found = condition(matcher, value, parameters, query);
      if (found) conditions.push(found);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      throw new DomainError(error.code, { details: { ...error.details, attribute: safeName(name) } });
    }
  }
  return conditions;
}

function orderOf({ level, within }: Search): string {
  const order = within ? [] : ["st.study_date DESC", "st.id DESC"];
  if (level !== "study") order.push("se.series_number NULLS LAST", "se.id");
  if (level === "instance") order.push("i.instance_number NULLS LAST", "i.id");
  return order.length > 0 ? order.join(", ") : "st.id";
}

/** A study attribute that is not prepared is taken from the study's first image. */
function metadataOf(level: SearchLevel): string {
  if (level === "instance") return "i.metadata";
  const place = level === "study" ? "x.study_ref = st.id" : "x.series_ref = se.id";
  return `(SELECT x.metadata FROM instance x WHERE ${place} AND x.status = 'stored' ORDER BY x.id LIMIT 1)`;
}

/** What `includefield` asks for beyond the prepared answer: tags, or `all` of an instance. */
function extraTags({ level, includeFields }: Search): string[] {
  const wanted = includeFields.filter((name) => name !== "all").map((name) => tagsOf(name)[0] as string);
  const prepared = new Set(searchLevels.slice(0, searchLevels.indexOf(level) + 1).flatMap((each) => levelTags[each]));
  const extra = wanted.filter((tag) => !prepared.has(tag));
  if (level === "instance" && includeFields.includes("all")) extra.push("all");
  return extra;
}

function assemble({ own, study, series, metadata }: Row, extra: string[]): string {
  if (!study && !series && !metadata) return own;
  const parse = (text: string | null | undefined): DicomJson => (text ? (JSON.parse(text) as DicomJson) : {});
  const merged: DicomJson = { ...parse(study), ...parse(series) };
  if (metadata) {
    const all = parse(metadata);
    if (extra.includes("all")) {
      for (const [tag, element] of Object.entries(all)) if (!element.BulkDataURI) merged[tag] = element;
    } else for (const tag of extra) if (all[tag]) merged[tag] = all[tag];
  }
  return JSON.stringify(sortTags({ ...merged, ...parse(own) }));
}

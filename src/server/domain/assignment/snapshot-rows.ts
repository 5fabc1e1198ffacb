import { Prisma } from "#server/db/generated/client.ts";
import { acquiredModalities, claimRuns, completeCase, isOpenCase, reservationRuns } from "../reading/index.ts";
import type { FirstReading } from "./case-facts.ts";
import type { CaseFacts } from "./engine/snapshot.ts";

/** The two statements that tell of a group's cases. Each case comes as one line of JSON: of thousands most are as they were, and a line that is known is not read again. */

/** Which cases; null: every open one of the group. A few are asked for where one case or one reader is in question. */
export type Which = { caseIds: readonly string[]; andOf?: string | typeof everybody } | null;
/** As `andOf`: what anybody has in hand. */
export const everybody = Symbol("everybody");

/** Moments in ms since 1970. */
export type CaseRow = {
  id: string;
  hospitalId: string;
  facilityId: string;
  modalities: string[];
  bodyParts: string[];
  studyDescription: string;
  birthDate: string;
  studyDate: string;
  patientRef: string;
  identified: boolean;
  priority: CaseFacts["priority"];
  state: CaseFacts["state"];
  whole: boolean;
  arrivedAt: number;
  dueAt: number;
  promisedAt: number;
  /** What its contract asks for first, and in which language the report is to be; null: nothing was said. */
  firstReading: FirstReading | null;
  language: string | null;
  /** Also who keeps it to read it next: it is his. */
  claimedById: string | null;
  claimedUntil: number | null;
  claimRuleId: string | null;
  givenToId: string | null;
  givenAs: "offer" | "assignment" | null;
  givenAt: number | null;
  givenUntil: number | null;
  givenRuleId: string | null;
  drawnRuleId: string | null;
};
/** What is noted of a case by somebody or with something, in one shape. */
export type NoteRow = {
  what:
    | "decline"
    | "skip"
    | "read-preliminary"
    | "read-final"
    | "draft"
    | "prior"
    | "procedure"
    | "description"
    | "class"
    | "order"
    | "read-with";
  who: string;
  at: number | null;
};

/** In the order of `casesSql`. */
const caseColumns = [
  "id",
  "hospitalId",
  "facilityId",
  "modalities",
  "bodyParts",
  "studyDescription",
  "birthDate",
  "studyDate",
  "patientRef",
  "identified",
  "priority",
  "state",
  "whole",
  "arrivedAt",
  "dueAt",
  "promisedAt",
  "firstReading",
  "language",
  "claimedById",
  "claimedUntil",
  "claimRuleId",
  "givenToId",
  "givenAs",
  "givenAt",
  "givenUntil",
  "givenRuleId",
  "drawnRuleId",
] as const satisfies readonly (keyof CaseRow)[];
const noteColumns = ["what", "who", "at"] as const satisfies readonly (keyof NoteRow)[];

const named = (columns: readonly string[], values: unknown[]): unknown =>
  Object.fromEntries(columns.map((name, place) => [name, values[place]]));
/** @param line as `casesSql` answers it. */
export const caseRowOf = (line: string): CaseRow => named(caseColumns, JSON.parse(line) as unknown[]) as CaseRow;
/** @param notes of one case, as `notesSql` answers them. */
export const noteRowsOf = (notes: string): NoteRow[] =>
  (JSON.parse(notes) as unknown[][]).map((values) => named(noteColumns, values) as NoteRow);

export function wantedCases(readerOrgId: string, which: Which): Prisma.Sql {
  const open = Prisma.sql`c.reader_org_id = ${readerOrgId}::uuid AND c.completed_at IS NULL AND ${isOpenCase}`;
  if (!which) return open;
  const { caseIds, andOf } = which;
  const his =
    andOf === everybody
      ? Prisma.sql`OR num_nonnulls(c.claimed_by_id, c.reserved_by_id, c.given_to_id) > 0`
      : andOf
        ? Prisma.sql`OR c.claimed_by_id = ${andOf}::uuid OR c.reserved_by_id = ${andOf}::uuid OR c.given_to_id = ${andOf}::uuid`
        : Prisma.empty;
  return Prisma.sql`${open} AND (c.id = ANY(${caseIds as string[]}::uuid[]) ${his})`;
}

/** Cases that are read together are as urgent as the most urgent of them. */
const ofAll = (most: Prisma.Sql, own: Prisma.Sql): Prisma.Sql =>
  Prisma.sql`CASE WHEN c.read_with_id IS NULL THEN ${own} ELSE (SELECT ${most} FROM reading_case m WHERE m.read_with_id = c.read_with_id) END`;

/** Every wanted case as a line, in the order of their ids. A line of JSON has no line break in it. */
// A study that says nothing of its parts holds up nobody else's cases: both lists may be NULL in rows that the product did not write.
// By double precision a moment is told to the microsecond; `extract` would reckon in numeric, which takes as long as the rest.
export const casesSql = (wanted: Prisma.Sql): Prisma.Sql => Prisma.sql`
  SELECT string_agg(json_build_array(c.id, c.org_id, coalesce(c.facility_id, c.org_id), coalesce(${acquiredModalities}, '{}'),
    coalesce(s.body_parts, '{}'), s.study_description, s.patient_birth_date, s.study_date, s.patient_ref,
    s.patient_id <> '', ${ofAll(Prisma.sql`min(m.priority)`, Prisma.sql`c.priority`)}, c.state, ${completeCase},
    (date_part('epoch', c.created_at) * 1000)::bigint, (date_part('epoch', ${ofAll(Prisma.sql`min(m.due_at)`, Prisma.sql`c.due_at`)}) * 1000)::bigint, (date_part('epoch', c.promised_at) * 1000)::bigint,
    l.first_reading, nullif(l.report_language, ''),
    CASE WHEN ${claimRuns} THEN c.claimed_by_id WHEN ${reservationRuns} THEN c.reserved_by_id END,
    (date_part('epoch', CASE WHEN ${claimRuns} THEN c.claimed_until ELSE c.reserved_until END) * 1000)::bigint, c.claim_rule_id,
    c.given_to_id, c.given_as, (date_part('epoch', c.given_at) * 1000)::bigint, (date_part('epoch', c.given_until) * 1000)::bigint, c.given_rule_id,
    c.drawn_rule_id)::text, E'\\n' ORDER BY c.id) AS lines
  FROM reading_case c JOIN study s ON s.id = c.study_ref LEFT JOIN service_level l ON l.id = c.service_level_id WHERE ${wanted}`;

/** The notes of each wanted case that has any, as one text in one order; who has kept a reading of it also to whom the reading itself is not shown. */
export const notesSql = (wanted: Prisma.Sql): Prisma.Sql => Prisma.sql`
  WITH mine AS MATERIALIZED (SELECT c.id, c.study_ref, c.state, c.read_with_id FROM reading_case c WHERE ${wanted}),
  noted (case_id, what, who, at) AS (
    SELECT d.case_id, 'decline', d.user_id::text, d.at FROM case_decline d JOIN mine ON mine.id = d.case_id
    UNION ALL SELECT k.case_id, 'skip', k.user_id::text, k.skipped_until FROM case_skip k JOIN mine ON mine.id = k.case_id WHERE k.skipped_until > clock_timestamp()
    UNION ALL SELECT v.case_id, CASE v.kind WHEN 'preliminary' THEN 'read-preliminary' ELSE 'read-final' END, v.signed_by_id::text, NULL FROM report_version v JOIN mine ON mine.id = v.case_id WHERE NOT v.blind
    UNION ALL SELECT mine.id, 'read-preliminary', k.signed_by_id::text, NULL FROM mine, LATERAL kept_readings(mine.id) k WHERE mine.state IN ('preliminary', 'held')
    UNION ALL SELECT f.case_id, 'draft', f.author_id::text, NULL FROM report_draft f JOIN mine ON mine.id = f.case_id WHERE f.author_id IS NOT NULL
    UNION ALL SELECT mine.id, 'read-with', mine.read_with_id::text, NULL FROM mine WHERE mine.read_with_id IS NOT NULL
    UNION ALL SELECT DISTINCT p.case_id, 'prior', v.signed_by_id::text, NULL::timestamptz FROM case_prior p JOIN mine ON mine.id = p.case_id
      JOIN report_version v ON v.study_ref = p.study_ref WHERE p.identity <> 'conflict'
    UNION ALL SELECT mine.id, n.what, n.who, NULL FROM mine JOIN order_match m ON m.study_ref = mine.study_ref AND m.state = 'matched'
      JOIN imaging_order o ON o.id = m.order_id AND o.state = 'open',
      LATERAL (VALUES ('procedure', o.procedure_code), ('description', o.procedure_description), ('class', o.patient_class), ('order', o.id::text)) AS n (what, who) WHERE n.who <> '')
  SELECT n.case_id AS "caseId", json_agg(json_build_array(n.what, n.who, (date_part('epoch', n.at) * 1000)::bigint) ORDER BY n.what, n.who, n.at)::text AS notes
  FROM noted n GROUP BY n.case_id`;

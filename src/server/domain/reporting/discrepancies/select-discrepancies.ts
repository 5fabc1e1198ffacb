import type { Ctx, UserActor } from "#server/context.ts";
import { acquiredModalities } from "../../reading/index.ts";
import { discrepancyPolicy } from "../policy.ts";
import type { ExportDiscrepancies } from "./inputs.ts";

/** What the lead noted about one. Times are ISO 8601 in UTC. */
type Closure = { note: string; siteToldAt: string | null; by: string; at: string };

export type DiscrepancyRow = {
  overReadId: string;
  caseId: string;
  studyId: string;
  patientName: string;
  patientId: string;
  studyDate: string;
  studyDescription: string;
  modalities: string[];
  facility: string | null;
  firstReaderId: string;
  firstReader: string;
  overReaderId: string;
  overReader: string;
  score: number;
  significant: boolean;
  comment: string;
  at: Date;
  acknowledgedAt: Date | null;
  closures: Closure[];
  /** Of all pages. */
  total: number;
};

/** Whose discrepancies the caller may see: null, everybody's of the group; otherwise his own, first or second. */
export const onlyOf = (actor: UserActor): string | null =>
  discrepancyPolicy.can(actor, "discrepancy.list-all", null) ? null : actor.userId;

/**
 * Over-reads of the caller's group that differ, as far as the caller may see them. One statement for the page and the file. Asks no policy but
 * whose he sees.
 */
export async function selectDiscrepancies(
  { actor, tx }: Ctx<UserActor>,
  filter: ExportDiscrepancies,
  { limit, offset }: { limit: number; offset: number },
): Promise<DiscrepancyRow[]> {
  const { from = null, to = null, facilityId = null, as = null, score = null, state = null, sort } = filter;
  const readerId = onlyOf(actor) ?? filter.readerId ?? null;
  return tx.$queryRaw<DiscrepancyRow[]>`
    SELECT o.id::text AS "overReadId", o.case_id::text AS "caseId", s.id::text AS "studyId", s.patient_name AS "patientName",
      s.patient_id AS "patientId", s.study_date AS "studyDate", s.study_description AS "studyDescription", ${acquiredModalities} AS modalities,
      f.name AS facility, first.signed_by_id::text AS "firstReaderId", first.signed_by_name AS "firstReader",
      o.by_id::text AS "overReaderId", final.signed_by_name AS "overReader", o.score::int AS score, o.significant, o.comment, o.at,
      seen.at AS "acknowledgedAt", done.closures, count(*) OVER ()::int AS total
    FROM over_read o
      JOIN report_version first ON first.id = o.preliminary_version_id
      JOIN report_version final ON final.id = o.final_version_id
      JOIN reading_case c ON c.id = o.case_id JOIN study s ON s.id = c.study_ref
      LEFT JOIN facility f ON f.id = c.facility_id
      LEFT JOIN over_read_seen seen ON seen.over_read_id = o.id
      CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(jsonb_build_object('note', d.note, 'by', coalesce(staff_name(d.by_id), 'a colleague'),
          'siteToldAt', to_char(d.site_told_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
          'at', to_char(d.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY d.at DESC, d.id DESC), '[]') AS closures
        FROM over_read_closure d WHERE d.over_read_id = o.id) done
    WHERE o.reader_org_id = ${actor.orgId}::uuid AND o.score > 1
      AND (${from}::date IS NULL OR o.at >= ${from}::date::timestamp AT TIME ZONE 'UTC')
      AND (${to}::date IS NULL OR o.at < (${to}::date + 1)::timestamp AT TIME ZONE 'UTC')
      AND (${facilityId}::uuid IS NULL OR c.facility_id = ${facilityId}::uuid)
      AND (${readerId}::uuid IS NULL OR (${as}::text IS DISTINCT FROM 'second' AND first.signed_by_id = ${readerId}::uuid)
        OR (${as}::text IS DISTINCT FROM 'first' AND o.by_id = ${readerId}::uuid))
      AND (${score}::int IS NULL OR o.score = ${score}::int)
      AND CASE ${state}::text WHEN 'open' THEN seen.at IS NULL WHEN 'acknowledged' THEN seen.at IS NOT NULL
        WHEN 'to-close' THEN o.significant AND done.closures = '[]' ELSE true END
    ORDER BY CASE WHEN ${sort}::text = 'weight' THEN o.score * 2 + o.significant::int END DESC,
      CASE ${sort}::text WHEN 'facility' THEN f.name WHEN 'reader' THEN first.signed_by_name END,
      CASE WHEN ${sort}::text = 'oldest' THEN o.at END, o.at DESC, o.id DESC
    LIMIT ${limit}::int OFFSET ${offset}::int`;
}

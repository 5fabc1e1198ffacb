import type { Ctx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { reportPolicy } from "./policy.ts";

/** Reports signed longer ago than this are not sent by themselves to a PACS that came later. */
export const earlierReportDays = 365;
/** Reports per transaction: each leaves an audit event, and the chain is held until commit. */
const reportsAtOnce = 100;

type Row = {
  caseId: string;
  studyRef: string;
  patientRef: string;
  readerOrgId: string;
  reportVersionId: string;
  deliveries: number;
};

/**
 * Sends to a facility's PACS what was signed before the facility named one: of each report of the last year the newest
 * version, which carries the earlier ones whole, and its key objects, which only the first version has. What is on its way
 * there or has arrived already is left alone, so running it again adds nothing.
 *
 * @param after the case after which to go on.
 * @returns where to go on from; null when there is no more, or no PACS.
 */
export async function deliverEarlierReports(
  ctx: Ctx,
  { facilityId, after = null }: { facilityId: string; after?: string | null },
): Promise<{ deliveries: number; after: string | null }> {
  const { actor, tx } = ctx;
  reportPolicy.authorize(actor, "report.store-documents", { orgId: actor.orgId, facilityId });
  const [facility] = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM facility WHERE id = ${facilityId}::uuid AND org_id = ${actor.orgId}::uuid
      AND local_pacs_ae_title <> '' AND local_pacs_host <> '' AND local_pacs_port IS NOT NULL`;
  if (!facility) return { deliveries: 0, after: null };

  const cases = await tx.$queryRaw<{ caseId: string; newest: string }[]>`
    SELECT c.id AS "caseId", v.id AS newest
    FROM reading_case c JOIN study s ON s.id = c.study_ref
      JOIN LATERAL (SELECT id, signed_at FROM report_version WHERE case_id = c.id ORDER BY version DESC LIMIT 1) v
        ON v.signed_at > now() - make_interval(days => ${earlierReportDays})
    WHERE s.org_id = ${actor.orgId}::uuid AND s.facility_id = ${facilityId}::uuid AND c.completed_at IS NOT NULL
      AND (${after}::uuid IS NULL OR c.id > ${after}::uuid)
    ORDER BY c.id LIMIT ${reportsAtOnce}`;
  const rows = await tx.$queryRaw<Row[]>`
    WITH added AS (
      INSERT INTO delivery (org_id, reader_org_id, facility_id, report_version_id, instance_id)
      SELECT d.org_id, d.reader_org_id, ${facilityId}::uuid, d.report_version_id, d.instance_id
      FROM report_document d JOIN report_version v ON v.id = d.report_version_id
      WHERE v.case_id = ANY(${cases.map(({ caseId }) => caseId)}::uuid[])
        AND (v.id = ANY(${cases.map(({ newest }) => newest)}::uuid[]) OR d.kind = 'kos')
      ON CONFLICT (facility_id, instance_id) DO NOTHING RETURNING report_version_id)
    SELECT v.case_id AS "caseId", v.study_ref AS "studyRef", s.patient_ref AS "patientRef", v.reader_org_id AS "readerOrgId",
      v.id AS "reportVersionId", count(*)::int AS deliveries
    FROM added a JOIN report_version v ON v.id = a.report_version_id JOIN study s ON s.id = v.study_ref
    GROUP BY v.case_id, v.study_ref, s.patient_ref, v.reader_org_id, v.id`;
  for (const { caseId, studyRef, patientRef, readerOrgId, reportVersionId, deliveries } of rows) {
    const details = { reportVersionId, facilityId, deliveries, earlier: true };
    await audit(ctx, { action: "report.deliver", patientRef, studyRef, caseId, details });
    await publish(tx, { topic: "report.changed", orgIds: [actor.orgId, readerOrgId], caseId, studyId: studyRef });
  }
  return {
    deliveries: rows.reduce((sum, { deliveries }) => sum + deliveries, 0),
    after: cases.length === reportsAtOnce ? cases.at(-1)!.caseId : null,
  };
}

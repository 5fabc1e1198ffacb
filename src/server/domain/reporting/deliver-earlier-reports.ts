import type { Ctx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { destinationsOf, recordDeliveries } from "../exchange/index.ts";
import { reportPolicy } from "./policy.ts";

/** Reports signed longer ago than this are not sent automatically to a newly configured PACS. */
const earlierReportDays = 365;
/** Reports per transaction: each writes an audit event, and the audit chain is locked until commit. */
const reportsAtOnce = 100;

type Document = {
  instanceId: string;
  reportVersionId: string;
  caseId: string;
  studyRef: string;
  patientRef: string;
  readerOrgId: string;
};

/**
 * Sends reports to a facility's PACS that were signed before the PACS was configured: of each report of the last year
 * the newest version, which contains the earlier ones, and its key objects, which only the first version has.
 * Deliveries that exist already are left alone, so running it again adds nothing.
 *
 * @param after the case after which to continue.
 * @returns where to continue; null when there is no more, or no PACS.
 */
export async function deliverEarlierReports(
  ctx: Ctx,
  { facilityId, after = null }: { facilityId: string; after?: string | null },
): Promise<{ deliveries: number; after: string | null }> {
  const { actor, tx } = ctx;
  reportPolicy.authorize(actor, "report.store-documents", { orgId: actor.orgId, facilityId });
  const { orgId } = actor;
  const destinations = (await destinationsOf(ctx, { orgId, facilityId })).filter(
    (destination) => destination.kind === "dicom" && destination.facilityId === facilityId,
  );
  if (destinations.length === 0) return { deliveries: 0, after: null };

  const cases = await tx.$queryRaw<{ caseId: string; newest: string }[]>`
    SELECT c.id AS "caseId", v.id AS newest
    FROM reading_case c JOIN study s ON s.id = c.study_ref
      JOIN LATERAL (SELECT id, signed_at FROM report_version WHERE case_id = c.id ORDER BY version DESC LIMIT 1) v
        ON v.signed_at > now() - make_interval(days => ${earlierReportDays})
    WHERE s.org_id = ${orgId}::uuid AND s.facility_id = ${facilityId}::uuid AND c.completed_at IS NOT NULL
      AND (${after}::uuid IS NULL OR c.id > ${after}::uuid)
    ORDER BY c.id LIMIT ${reportsAtOnce}`;
  const documents = await tx.$queryRaw<Document[]>`
    SELECT d.instance_id::text AS "instanceId", v.id::text AS "reportVersionId", v.case_id::text AS "caseId", v.study_ref::text AS "studyRef",
      s.patient_ref::text AS "patientRef", v.reader_org_id::text AS "readerOrgId"
    FROM report_document d JOIN report_version v ON v.id = d.report_version_id JOIN study s ON s.id = v.study_ref
    WHERE v.case_id = ANY(${cases.map(({ caseId }) => caseId)}::uuid[])
      AND (v.id = ANY(${cases.map(({ newest }) => newest)}::uuid[]) OR d.kind IN ('kos', 'measurements', 'presentation'))
    ORDER BY v.case_id, v.id`;
  const added = new Set<Document>();
  for (const destination of destinations) {
    const owed = documents.map((document) => ({
      subject: { type: "instance" as const, id: document.instanceId },
      ...document,
    }));
    for (const { subject } of await recordDeliveries(ctx, destination, owed))
      added.add(documents.find(({ instanceId }) => instanceId === subject.id)!);
  }
  for (const [reportVersionId, own] of Map.groupBy(added, (document) => document.reportVersionId)) {
    const { caseId, studyRef, patientRef, readerOrgId } = own[0]!;
    const details = { reportVersionId, facilityId, deliveries: own.length, earlier: true };
    await audit(ctx, { action: "report.deliver", patientRef, studyRef, caseId, details });
    await publish(tx, { topic: "report.changed", orgIds: [orgId, readerOrgId], caseId, studyId: studyRef });
  }
  return {
    deliveries: added.size,
    after: cases.length === reportsAtOnce ? cases.at(-1)!.caseId : null,
  };
}

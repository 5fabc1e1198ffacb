import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { reportPolicy } from "./policy.ts";

type Row = {
  objectKey: string | null;
  sha256: string;
  orgId: string;
  readerOrgId: string;
  facilityId: string | null;
  referrerId: string | null;
  patientRef: string;
  studyRef: string;
  caseId: string;
};

/**
 * The object key of a signed version's PDF, for a caller who may read it. Audited.
 *
 * @throws {DomainError} `report.not-found`: does not exist, not yet made, or not the caller's
 */
export async function openReportPdf(
  ctx: Ctx,
  { reportVersionId }: { reportVersionId: string },
): Promise<{ objectKey: string; sha256: string }> {
  const [row] = await ctx.tx.$queryRaw<Row[]>`
    SELECT d.object_key AS "objectKey", d.sha256, v.org_id::text AS "orgId", v.reader_org_id::text AS "readerOrgId", s.facility_id::text AS "facilityId",
      s.referrer_id::text AS "referrerId", s.patient_ref::text AS "patientRef", s.id::text AS "studyRef", v.case_id::text AS "caseId"
    FROM report_document d JOIN report_version v ON v.id = d.report_version_id JOIN study s ON s.id = v.study_ref
    WHERE d.report_version_id = ${reportVersionId}::uuid AND d.kind = 'pdf'`;
  if (!row?.objectKey || !reportPolicy.can(ctx.actor, "report.read", row)) throw new DomainError("report.not-found");
  await audit(ctx, {
    action: "report.read",
    orgId: row.orgId,
    patientRef: row.patientRef,
    studyRef: row.studyRef,
    caseId: row.caseId,
    details: { reportVersionId, document: "pdf" },
  });
  return { objectKey: row.objectKey, sha256: row.sha256 };
}

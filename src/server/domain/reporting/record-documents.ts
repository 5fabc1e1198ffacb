import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import type { DocumentKind } from "#server/db/generated/enums.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { destinationsOf, recordReport } from "../exchange/index.ts";
import { reportPolicy } from "./policy.ts";

export type StoredDocument = {
  kind: DocumentKind;
  instanceId: string;
  /** Hash of the bare PDF for kind pdf, of the data set otherwise; lower-case hex. */
  sha256: string;
  /** Object key of the bare document (pdf). */
  objectKey?: string | undefined;
};

/**
 * Records that a signed version's documents are in the archive, and the deliveries to the facility's destinations.
 * Idempotent: a retry makes the same objects, since their UIDs were fixed at signing.
 *
 * @param input.leftOut tags whose values in the images could not be copied; kept in the audit event.
 * @throws {DomainError} `report.not-found`, `instance.not-found` (not an instance of the study that was read)
 */
export async function recordDocuments(
  ctx: Ctx,
  {
    reportVersionId,
    documents,
    leftOut = [],
  }: { reportVersionId: string; documents: StoredDocument[]; leftOut?: string[] },
): Promise<{ recorded: number; deliveries: number }> {
  const { tx } = ctx;
  const [version] = await tx.$queryRaw<
    {
      orgId: string;
      readerOrgId: string;
      caseId: string;
      studyRef: string;
      patientRef: string;
      facilityId: string | null;
    }[]
  >`
    SELECT v.org_id AS "orgId", v.reader_org_id AS "readerOrgId", v.case_id AS "caseId", v.study_ref AS "studyRef",
      s.patient_ref AS "patientRef", s.facility_id AS "facilityId"
    FROM report_version v JOIN study s ON s.id = v.study_ref
    WHERE v.id = ${reportVersionId}::uuid`;
  if (!version) throw new DomainError("report.not-found");
  reportPolicy.authorize(ctx.actor, "report.store-documents", version);
  const { orgId, readerOrgId, facilityId, studyRef, caseId } = version;
  // Locked until commit: a PACS that is being configured waits, and then finds these documents
  // (deliver-earlier-reports.ts).
  const destinations = await destinationsOf(ctx, { orgId, facilityId, hold: true });

  let recorded = 0;
  for (const { kind, instanceId, sha256, objectKey } of documents) {
    const [known] = await tx.$queryRaw<
      unknown[]
    >`SELECT 1 FROM instance WHERE id = ${instanceId}::uuid AND study_ref = ${studyRef}::uuid`;
    if (!known) throw new DomainError("instance.not-found");
    recorded += await tx.$executeRaw`
      INSERT INTO report_document (report_version_id, kind, org_id, reader_org_id, instance_id, sha256, object_key)
      VALUES (${reportVersionId}::uuid, ${kind}::"DocumentKind", ${orgId}::uuid, ${readerOrgId}::uuid, ${instanceId}::uuid, ${sha256},
        ${objectKey ?? null})
      ON CONFLICT DO NOTHING`;
  }
  let deliveries = 0;
  const report = { reportVersionId, instanceIds: documents.map(({ instanceId }) => instanceId) };
  for (const destination of destinations)
    deliveries += (await recordReport(ctx, destination, { ...report, readerOrgId, studyRef, caseId })).length;
  if (recorded + deliveries > 0) {
    await audit(ctx, {
      action: "report.store-documents",
      orgId,
      patientRef: version.patientRef,
      studyRef,
      caseId,
      details: { reportVersionId, recorded, deliveries, ...(leftOut.length > 0 ? { leftOut: leftOut.join(" ") } : {}) },
    });
    await publish(tx, {
      topic: "report.changed",
      orgIds: [orgId, readerOrgId],
      caseId,
      studyId: studyRef,
    });
  }
  return { recorded, deliveries };
}

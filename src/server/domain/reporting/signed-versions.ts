import type { Ctx } from "#server/context.ts";
import type { DeliveryState, DocumentKind, ReportKind } from "#server/db/generated/enums.ts";
import type { KeyImage, Section } from "./inputs.ts";
import type { SignedVersion } from "./shapes.ts";

type VersionRow = {
  reportVersionId: string;
  version: number;
  kind: ReportKind;
  language: string;
  signedAt: Date;
  signedBy: string;
  sha256: string;
  sections: Section[];
  keyImages: KeyImage[];
  kosSopInstanceUid: string | null;
  documents: DocumentKind[];
};
type DeliveryRow = {
  reportVersionId: string;
  kind: DocumentKind;
  facility: string;
  state: DeliveryState;
  attempts: number;
  lastReason: string | null;
  deliveredAt: Date | null;
};

/** What was signed for a study, newest first, with what became of its documents. */
export async function signedVersions({ tx }: Pick<Ctx, "tx">, studyId: string): Promise<SignedVersion[]> {
  const versions = await tx.$queryRaw<VersionRow[]>`
    SELECT v.id AS "reportVersionId", v.version, v.kind, v.language, v.signed_at AS "signedAt", v.signed_by_name AS "signedBy", v.sha256,
      v.sections, v.key_images AS "keyImages", v.kos_sop_instance_uid AS "kosSopInstanceUid",
      ARRAY(SELECT d.kind::text FROM report_document d WHERE d.report_version_id = v.id) AS documents
    FROM report_version v WHERE v.study_ref = ${studyId}::uuid ORDER BY v.version DESC`;
  if (versions.length === 0) return [];
  const deliveries = await tx.$queryRaw<DeliveryRow[]>`
    SELECT d.report_version_id AS "reportVersionId", r.kind, f.name AS facility, d.state, d.attempts, d.last_reason AS "lastReason",
      d.delivered_at AS "deliveredAt"
    FROM delivery d JOIN report_document r ON r.report_version_id = d.report_version_id AND r.instance_id = d.instance_id
      JOIN facility f ON f.id = d.facility_id
    WHERE d.report_version_id = ANY(${versions.map(({ reportVersionId }) => reportVersionId)}::uuid[]) ORDER BY r.kind`;
  return versions.map(({ documents, kosSopInstanceUid, signedAt, ...version }) => ({
    ...version,
    signedAt: signedAt.toISOString(),
    documents: {
      pdf: documents.includes("pdf") ? "stored" : "pending",
      sr: documents.includes("sr") ? "stored" : "pending",
      kos: kosSopInstanceUid === null ? "none" : documents.includes("kos") ? "stored" : "pending",
    },
    deliveries: deliveries
      .filter(({ reportVersionId }) => reportVersionId === version.reportVersionId)
      .map(({ reportVersionId: _, deliveredAt, ...delivery }) => ({
        ...delivery,
        deliveredAt: deliveredAt?.toISOString() ?? null,
      })),
  }));
}

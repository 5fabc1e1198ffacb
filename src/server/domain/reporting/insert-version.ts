import { newUid } from "@overread/shared/dicom/uids";
import type { Ctx, UserActor } from "#server/context.ts";
import type { ReportKind } from "#server/db/generated/enums.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { publish } from "#server/live/publish.ts";
import { type AuditAction, audit } from "../audit/index.ts";
import type { HeldCase } from "../reading/index.ts";
import { canonicalText, sha256Of } from "./canonical-text.ts";
import type { KeyImage, Section } from "./inputs.ts";
import type { Signed } from "./shapes.ts";

/**
 * Writes a signed version: its text, its hash, and the UIDs of all objects that will be made from it, so that a retry
 * makes or sends the same object. In the same transaction: the job that makes them, the audit event and the
 * announcement. The row can never be changed.
 *
 * Each kind of document and version gets its own series: viewers then show versions side by side, and no series of ours
 * grows after it was sent.
 */
export async function insertVersion(
  ctx: Ctx<UserActor>,
  held: Omit<HeldCase, "state">,
  {
    version,
    kind,
    language,
    sections,
    keyImages,
    action,
    byAuthor = false,
  }: {
    version: number;
    kind: ReportKind;
    language: string;
    sections: Section[];
    keyImages: KeyImage[];
    action: AuditAction;
    /** The author of the preliminary report finalises it himself. */
    byAuthor?: boolean;
  },
): Promise<Signed> {
  const { actor, tx } = ctx;
  const [facts] = await tx.$queryRaw<
    [{ studyInstanceUid: string; personName: string; displayName: string; qualification: string; signedAt: Date }]
  >`
    SELECT s.study_instance_uid AS "studyInstanceUid", u.person_name AS "personName", u.display_name AS "displayName", u.qualification,
      clock_timestamp()::timestamptz(3) AS "signedAt"
    FROM study s, user_account u WHERE s.id = ${held.studyRef}::uuid AND u.id = ${actor.userId}::uuid`;
  const { signedAt } = facts;
  const canonical = canonicalText({
    caseId: held.caseId,
    studyInstanceUid: facts.studyInstanceUid,
    version,
    kind,
    language,
    signedById: actor.userId,
    signedByName: facts.displayName,
    signedByQualification: facts.qualification,
    signedAt,
    sections,
    keyImages,
  });
  const sha256 = sha256Of(canonical);
  // An addendum changes no key image: their object is in the study already.
  const withKos = kind === "final" && keyImages.length > 0;
  const row = await tx.reportVersion.create({
    data: {
      orgId: held.orgId,
      readerOrgId: held.readerOrgId,
      caseId: held.caseId,
      studyRef: held.studyRef,
      version,
      kind,
      language,
      sections,
      keyImages,
      canonicalText: canonical,
      sha256,
      signedById: actor.userId,
      signedByName: facts.displayName,
      signedByPersonName: facts.personName,
      signedByQualification: facts.qualification,
      signedAt,
      finalByAuthor: byAuthor,
      pdfSeriesInstanceUid: newUid(),
      pdfSopInstanceUid: newUid(),
      srSeriesInstanceUid: newUid(),
      srSopInstanceUid: newUid(),
      kosSeriesInstanceUid: withKos ? newUid() : null,
      kosSopInstanceUid: withKos ? newUid() : null,
    },
    select: { id: true },
  });
  await enqueue(tx, "report.store-documents", { orgId: held.orgId, reportVersionId: row.id });
  await audit(ctx, {
    action,
    orgId: held.orgId,
    patientRef: held.patientRef,
    studyRef: held.studyRef,
    caseId: held.caseId,
    details: { version, sha256, reportVersionId: row.id, ...(byAuthor ? { finalisedByAuthor: true } : {}) },
  });
  await publish(tx, {
    topic: "report.changed",
    orgIds: [held.orgId, held.readerOrgId],
    caseId: held.caseId,
    studyId: held.studyRef,
  });
  return { reportVersionId: row.id, version, signedAt: signedAt.toISOString(), sha256 };
}

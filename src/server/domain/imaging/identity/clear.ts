import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { Ctx, UserActor } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../../audit/index.ts";
import { identityPolicy } from "./policy.ts";

export const ClearIdentity = z.object({
  studyId: z.uuid(),
  /** Omitted: the images of the one study are of one patient after all. */
  otherStudyId: z.uuid().optional(),
  /** How this is known. For the hospital's audit trail. */
  reason: z.string().trim().min(3).max(300),
});
export type ClearIdentity = z.output<typeof ClearIdentity>;

type Row = {
  id: string;
  orgId: string;
  facilityId: string | null;
  patientRef: string;
  conflicts: string[];
  caseId: string | null;
  readerOrgId: string | null;
};

/**
 * Declares that two studies, or the images of one, are of the same patient. Stored with person and reason; from then on
 * they count as agreeing everywhere. Later studies that contradict again are flagged again.
 *
 * @throws {DomainError} `study.not-found`, `auth.forbidden`; `request.invalid` where the two are not under one patient
 * ID.
 */
export async function clearIdentity(
  ctx: Ctx<UserActor>,
  { studyId, otherStudyId = studyId, reason }: ClearIdentity,
): Promise<{ cleared: true }> {
  const { actor, tx } = ctx;
  const rows = await tx.$queryRaw<Row[]>`
    SELECT s.id, s.org_id AS "orgId", s.facility_id AS "facilityId", s.patient_ref AS "patientRef", s.patient_conflicts AS conflicts,
      s.reader_org_id AS "readerOrgId", (SELECT c.id FROM reading_case c WHERE c.study_ref = s.id) AS "caseId"
    FROM study s WHERE s.id IN (${studyId}::uuid, ${otherStudyId}::uuid) ORDER BY s.id FOR UPDATE`;
  const [study, other] = [studyId, otherStudyId].map((id) => rows.find((row) => row.id === id));
  if (!study || !other) throw new DomainError("study.not-found");
  for (const row of [study, other]) identityPolicy.authorize(actor, "identity.clear", row);
  if (study.patientRef !== other.patientRef)
    throw new DomainError("request.invalid", { details: { fields: "otherStudyId" } });

  const differ = await differences(ctx, study, other);
  await tx.$executeRaw`
    INSERT INTO identity_clearance (org_id, study_ref, other_study_ref, differ, reason, cleared_by_id, cleared_by_name)
    VALUES (${actor.orgId}::uuid, ${studyId}::uuid, ${otherStudyId}::uuid, ${differ}::text[], ${reason}, ${actor.userId}::uuid, ${actor.displayName})`;
  if (study === other) await tx.$executeRaw`UPDATE study SET patient_conflicts = '{}' WHERE id = ${studyId}::uuid`;
  await audit(ctx, {
    action: "identity.clear",
    orgId: study.orgId,
    patientRef: study.patientRef,
    studyRef: studyId,
    caseId: study.caseId,
    details: { other: otherStudyId, differ: differ.join(" "), reason },
  });
  for (const { orgId, caseId, readerOrgId, id } of new Set([study, other])) {
    if (!caseId) continue;
    // Which priors agree is recomputed from the stored declarations.
    await enqueue(tx, "case.attach-priors", { orgId, caseId });
    const orgIds = readerOrgId ? [orgId, readerOrgId] : [orgId];
    await publish(tx, { topic: "case.changed", orgIds, caseId, studyId: id });
  }
  return { cleared: true };
}

/** What was flagged so far, for the audit event. */
async function differences({ tx }: Ctx, study: Row, other: Row): Promise<string[]> {
  if (study === other) return study.conflicts;
  const rows = await tx.$queryRaw<{ differ: string[] }[]>`
    SELECT p.differ FROM case_prior p JOIN reading_case c ON c.id = p.case_id
    WHERE (c.study_ref = ${study.id}::uuid AND p.study_ref = ${other.id}::uuid) OR (c.study_ref = ${other.id}::uuid AND p.study_ref = ${study.id}::uuid)`;
  return [...new Set(rows.flatMap(({ differ }) => differ))];
}

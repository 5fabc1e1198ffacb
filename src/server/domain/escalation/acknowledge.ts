import type { Ctx, UserActor } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { acknowledgeNotice, type OfNotice } from "../notices/index.ts";
import { noteSeen } from "../reporting/index.ts";

/**
 * The caller has seen a notice. Of an alarm, name and time stand on the case from now on, and nobody else is alarmed by the same step; of an
 * over-read that differs, they stand on the list of those for good.
 */
export async function acknowledge(ctx: Ctx<UserActor>, { noticeId }: OfNotice): Promise<{ acknowledged: boolean }> {
  const { actor, tx } = ctx;
  const seen = await acknowledgeNotice(ctx, { noticeId });
  if (!seen) return { acknowledged: false };
  const { caseId, kind, matter } = seen;
  if (kind === "over-read-differs") await noteSeen(ctx, matter);
  if (!caseId || !matter.startsWith("escalation:")) return { acknowledged: true };
  const step = matter.split(":").slice(2).join(":");
  const [row] = await tx.$queryRaw<{ orgId: string; readerOrgId: string; studyRef: string; patientRef: string }[]>`
    UPDATE escalation_step e SET acknowledged_at = clock_timestamp(), acknowledged_by_id = ${actor.userId}::uuid
    FROM reading_case c JOIN study s ON s.id = c.study_ref
    WHERE e.case_id = ${caseId}::uuid AND e.step = ${step} AND e.acknowledged_at IS NULL AND c.id = e.case_id
    RETURNING e.org_id::text AS "orgId", e.reader_org_id::text AS "readerOrgId", c.study_ref::text AS "studyRef", s.patient_ref::text AS "patientRef"`;
  if (!row) return { acknowledged: true };
  const { orgId, readerOrgId, studyRef, patientRef } = row;
  await audit(ctx, { action: "case.acknowledge", orgId, patientRef, studyRef, caseId, details: { step } });
  await publish(tx, { topic: "case.changed", orgIds: [orgId, readerOrgId], caseId, studyId: studyRef });
  return { acknowledged: true };
}

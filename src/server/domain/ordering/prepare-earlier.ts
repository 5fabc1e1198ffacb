import type { SqlCtx } from "#server/context.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";
import { identifies } from "../patient-identity.ts";

/** The newest studies that are prepared. */
const most = 3;
/** Below this number of images there is nothing to prepare (imaging/complete-study.ts). */
const worthPreparing = 8;

/**
 * A study of this patient will come: has the worker prepare what the hospital has of the patient already, since it will be compared with.
 * By the ID under its issuer alone, as nothing is shown by this; whether they are of one person is compared when they become priors.
 */
export async function prepareEarlier(
  { actor, tx }: SqlCtx,
  { patientId, issuerOfPatientId }: { patientId: string; issuerOfPatientId: string },
): Promise<void> {
  if (!identifies(patientId)) return;
  const studies = await tx.$queryRaw<{ orgId: string; studyId: string }[]>`
    SELECT s.org_id AS "orgId", s.id AS "studyId" FROM patient p JOIN study s ON s.patient_ref = p.id
    WHERE p.org_id = ${actor.orgId}::uuid AND p.patient_id = ${patientId} AND p.issuer = ${issuerOfPatientId} AND p.unidentified_in = ''
      AND s.number_of_instances >= ${worthPreparing} AND NOT coalesce(s.prepared_at >= s.last_received_at AND s.prepared_at > now() - interval '25 days', false)
    ORDER BY s.study_date DESC, s.id LIMIT ${most}`;
  await enqueueAll(
    tx,
    "study.prepare-ahead",
    studies.map((payload) => ({ payload })),
  );
}

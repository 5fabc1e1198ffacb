import type { Ctx } from "#server/context.ts";
import type { JobName } from "#server/jobs/catalog.ts";

/**
 * A study is complete that may be an earlier examination of what waits to be read: every open case of the same
 * patient looks for its priors again.
 */
export async function offerPrior({ tx }: Pick<Ctx, "tx">, { studyId }: { studyId: string }): Promise<void> {
  // One statement: an ID that many carry may have a thousand open cases, and the hospital's audit trail waits for this transaction.
  await tx.$executeRaw`
    INSERT INTO outbox_job (org_id, name, payload, collapse_key)
    SELECT c.org_id, ${"case.attach-priors" satisfies JobName}, jsonb_build_object('orgId', c.org_id, 'caseId', c.id), c.id::text
    FROM study prior JOIN study s ON s.patient_ref = prior.patient_ref AND s.id <> prior.id JOIN reading_case c ON c.study_ref = s.id
    WHERE prior.id = ${studyId}::uuid AND c.state IN ('arriving', 'unread', 'claimed', 'drafted', 'preliminary', 'held')`;
}

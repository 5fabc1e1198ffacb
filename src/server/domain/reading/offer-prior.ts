import { enqueue } from "#server/jobs/enqueue.ts";
import type { Ctx } from "../context.ts";

/**
 * A study is complete that may be an earlier examination of what waits to be read: every open case of the same
 * patient looks for its priors again.
 */
export async function offerPrior({ tx }: Pick<Ctx, "tx">, { studyId }: { studyId: string }): Promise<void> {
  const waiting = await tx.$queryRaw<{ orgId: string; caseId: string }[]>`
    SELECT c.org_id AS "orgId", c.id AS "caseId"
    FROM study prior JOIN study s ON s.patient_ref = prior.patient_ref AND s.id <> prior.id JOIN reading_case c ON c.study_ref = s.id
    WHERE prior.id = ${studyId}::uuid AND c.state IN ('arriving', 'unread', 'claimed', 'drafted', 'preliminary', 'held')`;
  for (const job of waiting) await enqueue(tx, "case.attach-priors", job);
}

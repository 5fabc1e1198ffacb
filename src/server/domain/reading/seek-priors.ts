import type { SqlCtx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";
import { open } from "./case-conditions.ts";

type CaseOf = { orgId: string; caseId: string };

/**
 * Has the priors of cases looked for. Most patients have one study, and then there is nothing to look for: a study that comes later
 * is offered to the case when it is complete ({@link offerPriors}).
 *
 * @param always without asking whether the patient has another study: for a case that another transaction cannot see yet, and so
 *   could not offer one to.
 */
export async function seekPriors(
  ctx: Pick<SqlCtx, "tx">,
  { caseIds, always }: { caseIds: string[]; always: boolean },
): Promise<void> {
  if (caseIds.length === 0) return;
  const cases = await ctx.tx.$queryRaw<CaseOf[]>`
    SELECT c.org_id AS "orgId", c.id AS "caseId" FROM reading_case c JOIN study s ON s.id = c.study_ref
    WHERE c.id = ANY(${caseIds}::uuid[])
      AND (${always} OR EXISTS (SELECT 1 FROM study o WHERE o.patient_ref = s.patient_ref AND o.id <> s.id))`;
  await look(ctx, cases);
}

/**
 * Studies are complete that may be earlier examinations of what waits to be read: every open case of the same
 * patients looks for its priors again.
 */
export async function offerPriors(ctx: Pick<SqlCtx, "tx">, { studyIds }: { studyIds: string[] }): Promise<void> {
  // The array keeps the planner, who does not know that most patients have one study, on the way from each to its few others.
  const statement = Prisma.sql`
    SELECT c.org_id AS "orgId", c.id AS "caseId" FROM reading_case c WHERE ${open} AND c.study_ref = ANY(ARRAY(
      SELECT s.id FROM unnest(${studyIds}::uuid[]) AS offered (id), LATERAL (SELECT p.patient_ref FROM study p WHERE p.id = offered.id OFFSET 0) p,
        LATERAL (SELECT o.id FROM study o WHERE o.patient_ref = p.patient_ref AND o.id <> offered.id OFFSET 0) s))`;
  await look(ctx, await ctx.tx.$queryRawUnsafe<CaseOf[]>(statement.text, ...statement.values));
}

/** One statement: an ID that many carry may have a thousand open cases, and the hospital's audit trail waits for this transaction. */
const look = ({ tx }: Pick<SqlCtx, "tx">, cases: CaseOf[]): Promise<void> =>
  enqueueAll(
    tx,
    "case.attach-priors",
    cases.map((payload) => ({ payload })),
  );

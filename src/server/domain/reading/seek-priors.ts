import type { SqlCtx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";
import { open } from "./case-conditions.ts";

type CaseOf = { orgId: string; caseId: string };

/**
 * Schedules the search for the priors of cases. Most patients have one study and need no search: a study that comes
 * later is offered to the case when it is complete ({@link offerPriors}).
 *
 * @param always also for patients without another study: for a case that other transactions cannot see yet, so that
 * nothing could be offered to it.
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
 * The given studies are complete and may be priors of open cases: every open case of the same patients searches for its
 * priors again.
 */
export async function offerPriors(ctx: Pick<SqlCtx, "tx">, { studyIds }: { studyIds: string[] }): Promise<void> {
  // The array makes the planner look up each patient's few studies; it does not know that most patients have one.
  const statement = Prisma.sql`
    SELECT c.org_id AS "orgId", c.id AS "caseId" FROM reading_case c WHERE ${open} AND c.study_ref = ANY(ARRAY(
      SELECT s.id FROM unnest(${studyIds}::uuid[]) AS offered (id), LATERAL (SELECT p.patient_ref FROM study p WHERE p.id = offered.id OFFSET 0) p,
        LATERAL (SELECT o.id FROM study o WHERE o.patient_ref = p.patient_ref AND o.id <> offered.id OFFSET 0) s))`;
  await look(ctx, await ctx.tx.$queryRawUnsafe<CaseOf[]>(statement.text, ...statement.values));
}

/**
 * A single statement: an ID shared by many people may have a thousand open cases, and the hospital's audit chain is
 * locked by this transaction.
 */
const look = ({ tx }: Pick<SqlCtx, "tx">, cases: CaseOf[]): Promise<void> =>
  enqueueAll(
    tx,
    "case.attach-priors",
    cases.map((payload) => ({ payload })),
  );

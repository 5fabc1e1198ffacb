import type { SqlCtx, SqlTx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { giveCases, isOpenCase, noteDeclined } from "../reading/index.ts";
import { changesOf } from "./decided.ts";
import { assign } from "./engine/assign.ts";
import { fillSnapshot } from "./fill-snapshot.ts";
import { tellNotTaken } from "./hand-over.ts";
import { keepRun } from "./kept-runs.ts";
import { assignmentPolicy } from "./policy.ts";
import { currentRuleSet } from "./rules/index.ts";

export type RunReport = { cases: number; changes: number; runId: string | null };

/**
 * Decides who reads what, by the group's rules, and writes it. One run of a group at a time, in whatever process; each change takes effect only where the
 * case still stands as it was seen. Safe to run twice, late, or for nothing.
 *
 * @returns what was changed; `runId` null: nothing was.
 */
export async function runAssignment(ctx: SqlCtx): Promise<RunReport> {
  const { actor, tx } = ctx;
  assignmentPolicy.authorize(actor, "assignment.run", { orgId: actor.orgId, readerOrgId: actor.orgId });
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`assignment ${actor.orgId}`}, 0))::text`;
  if (!(await hasWork(tx, actor.orgId))) return { cases: 0, changes: 0, runId: null };
  const started = performance.now();
  const { snapshot, drawn, following } = await fillSnapshot(tx, actor.orgId);
  const outcome = assign(snapshot);
  const { gifts: changes, lapsed } = changesOf(snapshot, outcome, drawn);
  // Whose the leading case is, theirs the others are.
  const gifts = changes.filter(({ caseId }) => !following.has(caseId));
  await noteDeclined(
    ctx,
    lapsed.map((each) => ({ ...each, reason: "no-answer" })),
  );
  await tellNotTaken(tx, actor.orgId, lapsed);
  const changed = await giveCases(ctx, gifts);
  // The engine names what turns in the facts it was shown; the end of an offer that is only made now is not among them.
  const ends = gifts.flatMap(({ to }) => (to?.until ? [to.until.getTime()] : []));
  await planNext(tx, actor.orgId, Math.min(...ends, outcome.lookAgainAt ?? Number.POSITIVE_INFINITY));
  if (gifts.length === 0) return { cases: snapshot.cases.length, changes: 0, runId: null };
  const runId = await keepRun(tx, { orgId: actor.orgId, snapshot, outcome, changes: changed.length, started });
  return { cases: snapshot.cases.length, changes: changed.length, runId };
}

/** Without rules every case is in the pool of all; then there is something to do only where something was given before. */
async function hasWork(tx: SqlTx, orgId: string): Promise<boolean> {
  const { rules } = await currentRuleSet(tx, orgId);
  if (rules.length > 0) return true;
  const statement = Prisma.sql`SELECT EXISTS (SELECT 1 FROM reading_case c WHERE c.reader_org_id = ${orgId}::uuid AND c.completed_at IS NULL AND ${isOpenCase}
    AND (c.given_to_id IS NOT NULL OR c.drawn_rule_id IS NOT NULL)) AS given`;
  const [row] = await tx.$queryRawUnsafe<[{ given: boolean }]>(statement.text, ...statement.values);
  return row.given;
}

/** Looks again when time alone changes the answer; one later look is planned at most. */
async function planNext(tx: SqlTx, orgId: string, at: number): Promise<void> {
  if (!Number.isFinite(at)) return;
  // A decision of time turns in the millisecond in which the moment is over.
  const runAt = new Date(at + 1);
  const [row] = await tx.$queryRaw<[{ planned: boolean }]>`
    SELECT EXISTS (SELECT 1 FROM outbox_job WHERE name = 'assignment.run' AND collapse_key = ${orgId} AND done_at IS NULL AND failed_at IS NULL
      AND run_at > clock_timestamp() AND run_at <= ${runAt}::timestamptz) AS planned`;
  if (!row.planned) await enqueue(tx, "assignment.run", { orgId }, runAt);
}

/** Groups in which somebody distributes: they are looked at every minute, for what no event tells. For maintenance. */
export function groupsWithRules(tx: Pick<SqlTx, "$queryRaw">): Promise<{ orgId: string }[]> {
  return tx.$queryRaw`
    SELECT org_id AS "orgId" FROM assignment_rule_set UNION
    SELECT reader_org_id FROM reading_case WHERE given_to_id IS NOT NULL AND completed_at IS NULL AND state <> 'cancelled'`;
}

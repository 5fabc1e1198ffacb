import { DomainError } from "@overread/shared/errors";
import type { SqlCtx } from "#server/context.ts";
import type { CasePriority, CaseState } from "#server/db/generated/enums.ts";
import { enqueueAll } from "#server/jobs/enqueue.ts";
import { audit } from "../audit/index.ts";
import { announceCases } from "./move-case.ts";
import { casePolicy } from "./policy.ts";
import { nextScoreChange, scorePriority } from "./priority-score.ts";

type ScoredRow = {
  caseId: string;
  orgId: string;
  readerOrgId: string;
  studyRef: string;
  patientRef: string;
  state: CaseState;
  priority: CasePriority;
  priorityScore: number;
  dueAt: Date;
  waitingSince: Date;
  modalities: string[];
  bodyParts: string[];
  studyDescription: string;
  patientBirthDate: string;
  studyDate: string;
};

/**
 * Computes the case's priority anew, with its reasons, and schedules the next recomputation for when time alone changes
 * it. Screens are notified when the priority changed.
 *
 * @throws {DomainError} `case.not-found`
 */
export async function prioritizeCase(ctx: SqlCtx, { caseId }: { caseId: string }): Promise<{ score: number }> {
  const scores = await prioritizeCases(ctx, { caseIds: [caseId] });
  return { score: scores.get(caseId) as number };
}

/** {@link prioritizeCase} for several cases. @returns the scores by case. */
export async function prioritizeCases(ctx: SqlCtx, { caseIds }: { caseIds: string[] }): Promise<Map<string, number>> {
  const rows = await scoredRows(ctx, caseIds);
  if (rows.length < new Set(caseIds).size) throw new DomainError("case.not-found");
  for (const row of rows) casePolicy.authorize(ctx.actor, "case.prioritize", row);
  const scored = rows.map((row) => ({ ...row, ...scorePriority(row, ctx.now) }));
  const values = scored.map(({ caseId, score, reasons }) => ({ id: caseId, score, reasons }));
  await ctx.tx.$executeRaw`
    UPDATE reading_case c SET priority_score = r.score, priority_reasons = r.reasons
    FROM jsonb_to_recordset(${JSON.stringify(values)}::jsonb) AS r (id uuid, score int, reasons jsonb)
    WHERE c.id = r.id AND (c.priority_score, c.priority_reasons) IS DISTINCT FROM (r.score, r.reasons)`;
  const changed = scored.filter(({ score, priorityScore }) => score !== priorityScore);
  for (const { caseId, orgId, patientRef, studyRef, score } of changed)
    await audit(ctx, { action: "case.prioritize", orgId, patientRef, studyRef, caseId, details: { score } });
  await announceCases(ctx, changed);
  await plan(ctx, rows);
  return new Map(scored.map(({ caseId, score }) => [caseId, score]));
}

/**
 * Schedules the next time at which these cases' priorities change by themselves. @param anew those that are recomputed
 * at once.
 */
export async function planNextScore(
  ctx: SqlCtx,
  { caseIds, anew }: { caseIds: string[]; anew: string[] },
): Promise<void> {
  if (caseIds.length > 0) await plan(ctx, await scoredRows(ctx, caseIds));
  if (anew.length === 0) return;
  const rows = await scoredRows(ctx, anew);
  await enqueueAll(
    ctx.tx,
    "case.prioritize",
    rows.map(({ orgId, caseId }) => ({ payload: { orgId, caseId } })),
  );
}

/** One scheduled job per case: every arrival computes the score, and must not start another. */
async function plan({ tx, now }: SqlCtx, rows: ScoredRow[]): Promise<void> {
  const wanted = rows.flatMap((row) => {
    const runAt = nextScoreChange(row, now);
    return runAt ? [{ payload: { orgId: row.orgId, caseId: row.caseId }, runAt }] : [];
  });
  if (wanted.length === 0) return;
  const planned = await tx.$queryRaw<{ key: string }[]>`
    SELECT DISTINCT collapse_key AS key FROM outbox_job
    WHERE name = 'case.prioritize' AND collapse_key = ANY(${wanted.map(({ payload }) => payload.caseId)}::text[])
      AND done_at IS NULL AND failed_at IS NULL AND run_at > now()`;
  const has = new Set(planned.map(({ key }) => key));
  await enqueueAll(
    tx,
    "case.prioritize",
    wanted.filter(({ payload }) => !has.has(payload.caseId)),
  );
}

/** Locked in a fixed order: several batches of jobs may contain the same case. */
function scoredRows({ tx }: SqlCtx, caseIds: string[]): Promise<ScoredRow[]> {
  return tx.$queryRaw<ScoredRow[]>`
    SELECT c.id AS "caseId", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId", c.study_ref AS "studyRef", s.patient_ref AS "patientRef", c.state,
      c.priority, c.priority_score AS "priorityScore", c.due_at AS "dueAt", coalesce(c.unread_at, c.created_at) AS "waitingSince", s.modalities,
      s.body_parts AS "bodyParts", s.study_description AS "studyDescription", s.patient_birth_date AS "patientBirthDate", s.study_date AS "studyDate"
    FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = ANY(${caseIds}::uuid[]) ORDER BY c.id FOR UPDATE OF c`;
}

import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { audit } from "../audit/index.ts";
import { announceCase } from "./move-case.ts";
import { casePolicy } from "./policy.ts";
import { nextScoreChange, scorePriority } from "./priority-score.ts";

/**
 * Computes the case's place on the worklist anew, with its reasons, and asks for the next time the clock alone will
 * change it. Screens hear of it when the place changed.
 *
 * @throws {DomainError} `case.not-found`
 */
export async function prioritizeCase(ctx: Ctx, { caseId }: { caseId: string }): Promise<{ score: number }> {
  const { tx, now } = ctx;
  const row = await tx.readingCase.findUnique({ where: { id: caseId } });
  if (!row) throw new DomainError("case.not-found");
  casePolicy.authorize(ctx.actor, "case.prioritize", row);
  const study = await tx.study.findUniqueOrThrow({ where: { id: row.studyRef } });

  const scored = { ...study, ...row, waitingSince: row.unreadAt ?? row.createdAt };
  const { score, reasons } = scorePriority(scored, now);
  await tx.$executeRaw`UPDATE reading_case SET priority_score = ${score}, priority_reasons = ${JSON.stringify(reasons)}::jsonb WHERE id = ${caseId}::uuid`;
  if (score !== row.priorityScore) {
    await audit(ctx, {
      action: "case.prioritize",
      orgId: row.orgId,
      patientRef: study.patientRef,
      studyRef: study.id,
      caseId,
      details: { score },
    });
    await announceCase(ctx, { caseId, orgId: row.orgId, readerOrgId: row.readerOrgId, studyRef: row.studyRef });
  }
  const next = nextScoreChange(scored, now);
  if (next && !(await isScheduled(ctx, caseId)))
    await enqueue(tx, "case.prioritize", { orgId: row.orgId, caseId }, next);
  return { score };
}

/** One clock per case: every arrival computes the score, and must not start another. */
async function isScheduled({ tx }: Ctx, caseId: string): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM outbox_job WHERE name = 'case.prioritize' AND collapse_key = ${caseId}
      AND done_at IS NULL AND failed_at IS NULL AND run_at > now() LIMIT 1`;
  return rows.length > 0;
}

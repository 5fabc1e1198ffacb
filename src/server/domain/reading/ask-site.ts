import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { endQuestionStop, stopForQuestion } from "./case-clock.ts";
import { isFinished } from "./case-conditions.ts";
import { findCase } from "./get-case.ts";
import type { AnswerQuestion, AskSite } from "./inputs.ts";
import { announceCase } from "./move-case.ts";
import { holdCase, resumeCase } from "./pause-case.ts";

/** What a held case says of itself while the site is asked; the question itself stands with the case. */
const heldReason = "Question to the site";

/**
 * Asks the site something about a case: history, images, a word. With `stopsClock` the case is held meanwhile, as by {@link holdCase}; without,
 * it stays where it is, and the question stands beside it.
 *
 * @throws {DomainError} `case.already-claimed` with `claimedByName` (somebody else reads it: the question is theirs to ask),
 *   `case.illegal-move` (signed or cancelled; or it cannot be held where it stands), `case.claim-expired`, `case.not-found`, `auth.forbidden`
 */
export async function askSite(
  ctx: Ctx<UserActor>,
  { caseId, text, stopsClock, claimToken }: AskSite,
): Promise<{ asked: true }> {
  const row = await findCase(ctx, caseId, "case.ask");
  if (isFinished(row)) throw new DomainError("case.illegal-move", { details: { from: row.state, to: "asked" } });
  if (row.claimLive && row.claimedById !== ctx.actor.userId)
    throw new DomainError("case.already-claimed", { details: { claimedByName: row.claimedByName } });
  if (stopsClock && row.state === "held") await stopForQuestion(ctx, caseId);
  else if (stopsClock)
    await holdCase(ctx, { caseId, reason: heldReason, ...(claimToken ? { claimToken } : {}) }, "question");
  await say(ctx, row, { kind: "question", text, stopsClock });
  return { asked: true };
}

/**
 * The site answers what was asked. A case that was held for it alone goes back to the list, and its due time has moved by as long as it stood.
 * @throws {DomainError} `case.illegal-move` (nothing is asked), `case.not-found`, `auth.forbidden`
 */
export async function answerQuestion(
  ctx: Ctx<UserActor>,
  { caseId, text }: AnswerQuestion,
): Promise<{ answered: true; resumed: boolean }> {
  const row = await findCase(ctx, caseId, "case.answer");
  // Two who answer together: the second finds the question answered, and says so to its writer instead of resuming twice.
  const [asked] = await ctx.tx.$queryRaw<{ state: string | null }[]>`
    SELECT question_state::text AS state FROM reading_case WHERE id = ${caseId}::uuid FOR UPDATE`;
  if (asked?.state !== "question")
    throw new DomainError("case.illegal-move", { details: { from: row.state, to: "answered" } });
  const [question] = await ctx.tx.$queryRaw<{ stopsClock: boolean }[]>`
    SELECT coalesce(bool_or(stops_clock), false) AS "stopsClock" FROM case_message m WHERE m.case_id = ${caseId}::uuid AND m.kind = 'question'
      AND m.at > coalesce((SELECT max(a.at) FROM case_message a WHERE a.case_id = m.case_id AND a.kind = 'answer'), '-infinity')`;
  await say(ctx, row, { kind: "answer", text, stopsClock: false });
  // Held for another reason as well, it waits for whoever holds it.
  const resumes = question?.stopsClock === true && row.state === "held" && !(await endQuestionStop(ctx, caseId));
  if (resumes) await resumeCase(ctx, { caseId });
  return { answered: true, resumed: resumes };
}

async function say(
  ctx: Ctx<UserActor>,
  row: { caseId: string; orgId: string; readerOrgId: string; studyId: string; patientRef: string },
  { kind, text, stopsClock }: { kind: "question" | "answer"; text: string; stopsClock: boolean },
): Promise<void> {
  const { tx, actor } = ctx;
  const { caseId, orgId, readerOrgId, studyId, patientRef } = row;
  await tx.caseMessage.create({
    data: { caseId, orgId, readerOrgId, kind, text, stopsClock, byId: actor.userId },
    select: { id: true },
  });
  // A further question before the answer is the same wait.
  await tx.$executeRaw`
    UPDATE reading_case SET question_state = ${kind}::"CaseMessageKind",
      question_since = CASE WHEN ${kind} = 'answer' THEN NULL WHEN question_state = 'question' THEN question_since ELSE clock_timestamp() END,
      question_reminders = CASE WHEN ${kind} = 'question' AND question_state = 'question' THEN question_reminders ELSE 0 END
    WHERE id = ${caseId}::uuid`;
  await audit(ctx, {
    action: kind === "question" ? "case.ask" : "case.answer",
    orgId,
    patientRef,
    studyRef: studyId,
    caseId,
    details: { stopsClock },
  });
  await announceCase(ctx, { caseId, orgId, readerOrgId, studyRef: studyId });
}

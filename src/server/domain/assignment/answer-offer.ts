import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { audit } from "../audit/index.ts";
import { type CaseRow, findCase, giveCases, isGivenTo, noteDeclined } from "../reading/index.ts";
import { tellNotTaken } from "./hand-over.ts";
import type { DeclineCase, OfGivenCase } from "./inputs.ts";

/**
 * Says yes to an offer: the case is assigned to him from here on, and its time to answer is over.
 * @throws {DomainError} `case.not-given` (it is not offered to him, or not any more), `case.not-found`, `auth.forbidden`
 */
export async function acceptOffer(ctx: Ctx<UserActor>, { caseId }: OfGivenCase): Promise<void> {
  const row = await findCase(ctx, caseId, "case.claim");
  const was = handOf(ctx, row);
  if (row.givenAs === "assignment") return;
  const { userId: readerId } = ctx.actor;
  const to = { readerId, until: null, ruleId: row.givenRuleId, byId: row.givenById ?? readerId, wishes: [] };
  if ((await giveCases(ctx, [{ caseId, was, to, drawnRuleId: row.drawnRuleId }])).length === 0)
    throw new DomainError("case.not-given");
  await audit(ctx, { action: "case.accept", ...subjectOf(row), details: { rule: row.givenRuleId } });
}

/**
 * Says no to what was offered or assigned to him: it goes to the next, and does not come back to him.
 * @throws {DomainError} `case.not-given`, `case.not-found`, `auth.forbidden`
 */
export async function declineCase(ctx: Ctx<UserActor>, { caseId, reason }: DeclineCase): Promise<void> {
  const row = await findCase(ctx, caseId, "case.decline");
  const was = handOf(ctx, row);
  if ((await giveCases(ctx, [{ caseId, was, to: null, drawnRuleId: row.drawnRuleId }])).length === 0)
    throw new DomainError("case.not-given");
  const readerId = ctx.actor.userId;
  await noteDeclined(ctx, [{ caseId, readerId, reason }]);
  if (row.givenAs === "offer") await tellNotTaken(ctx.tx, row.readerOrgId, [{ caseId, readerId }]);
  await audit(ctx, { action: "case.decline", ...subjectOf(row), details: { reason, rule: row.givenRuleId } });
  await enqueue(ctx.tx, "assignment.run", { orgId: row.readerOrgId });
}

function handOf({ actor }: Ctx<UserActor>, row: CaseRow): { readerId: string; at: Date } {
  if (!isGivenTo(actor.userId, row) || !row.givenAt) throw new DomainError("case.not-given");
  return { readerId: actor.userId, at: row.givenAt };
}

const subjectOf = ({ orgId, patientRef, studyId, caseId }: CaseRow) => ({
  orgId,
  patientRef,
  studyRef: studyId,
  caseId,
});

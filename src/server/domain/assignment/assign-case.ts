import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { findCase, giveCases, isClaimable } from "../reading/index.ts";
import { forceOf } from "./engine/findings.ts";
import { traces } from "./engine/trace.ts";
import { fillSnapshot } from "./fill-snapshot.ts";
import type { AssignCase, UnassignCase } from "./inputs.ts";

/**
 * A lead gives a case to a reader: no rule undoes it. Past caps and rosters, never to somebody who must not read it.
 *
 * @throws {DomainError} `case.barred` with `reasons`; `case.already-claimed` (its reader has to release it first); `case.illegal-move`; `user.not-found`
 * (no reader of the group); `case.not-given` (it is not `from`'s any more); `case.not-found`, `auth.forbidden`
 */
export async function assignCase(ctx: Ctx<UserActor>, { caseId, readerId, from }: AssignCase): Promise<void> {
  const row = await findCase(ctx, caseId, "case.assign");
  if (from && from !== row.givenToId) throw new DomainError("case.not-given");
  if (!isClaimable(row)) throw new DomainError("case.illegal-move", { details: { from: row.state, to: "claimed" } });
  if (row.claimLive) throw new DomainError("case.already-claimed", { details: { claimedByName: row.claimedByName } });
  const { snapshot } = await fillSnapshot(ctx.tx, ctx.actor.orgId, { caseIds: [caseId] });
  // Held against the case, not against the rules: whom a rule names is for the lead to overrule.
  const bare = { version: 0, rules: [] };
  const trace = traces(snapshot, [caseId], bare)
    .traces.get(caseId)
    ?.readers.find((each) => each.readerId === readerId);
  if (!trace) throw new DomainError("user.not-found");
  const bars = trace.findings.filter((finding) => forceOf(finding) === "never");
  if (bars.length > 0)
    throw new DomainError("case.barred", { details: { reasons: bars.map(({ code }) => code).join(",") } });
  const to = { readerId, until: null, ruleId: null, byId: ctx.actor.userId, wishes: [] };
  const given = await giveCases(ctx, [{ caseId, was: handBefore(row), to, drawnRuleId: null }]);
  if (given.length === 0) throw new DomainError("case.already-claimed", { details: { claimedByName: null } });
  await enqueue(ctx.tx, "assignment.run", { orgId: row.readerOrgId });
}

/**
 * Takes a case from whom it is offered or assigned to; the rules are asked anew.
 * @throws {DomainError} `case.not-given`, `case.not-found`, `auth.forbidden`
 */
export async function unassignCase(ctx: Ctx<UserActor>, { caseId, from }: UnassignCase): Promise<void> {
  const row = await findCase(ctx, caseId, "case.assign");
  const was = handBefore(row);
  if (
    !was ||
    (from && from !== was.readerId) ||
    (await giveCases(ctx, [{ caseId, was, to: null, drawnRuleId: row.drawnRuleId }])).length === 0
  )
    throw new DomainError("case.not-given");
  await enqueue(ctx.tx, "assignment.run", { orgId: row.readerOrgId });
}

const handBefore = ({ givenToId, givenAt }: { givenToId: string | null; givenAt: Date | null }) =>
  givenToId && givenAt ? { readerId: givenToId, at: givenAt } : null;

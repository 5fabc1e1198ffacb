import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import type { CaseState } from "#server/db/generated/enums.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { borrowPriors } from "./borrow-priors.ts";
import { claimRuns, givenRuns, isClaimable, reservationRuns } from "./case-conditions.ts";
import { findCase } from "./get-case.ts";
import type { OfCase } from "./inputs.ts";
import { type AuditDetails, type MovedCase, moveCase } from "./move-case.ts";
import { nextInLine, prepareAhead } from "./prepare-ahead.ts";
import { requireComplete } from "./read-incomplete.ts";
import type { Claim } from "./shapes.ts";

/**
 * Claims a case for reading, exclusively, until the lease ends. Whoever holds it already gets the lease renewed under
 * the same token, so that two windows of one person share one claim. An expired claim may be taken over: it gets a new
 * token, and writes under the old one are refused.
 *
 * @param drawn what nobody may choose is his because he asked for the next case.
 * @param ruleId by which he may choose it; null: no rule speaks of it.
 * @returns the fencing token that every later write must name, and the end of the lease.
 * @throws {DomainError} `case.incomplete` (see {@link requireComplete}); `case.already-claimed` with `claimedByName`,
 * `claimedSecondsAgo`; `case.given` with `givenToName` (offered or assigned to somebody else); `case.drawn` (nobody
 * chooses it); `case.reserved` with `reservedByName`; `case.illegal-move`; `case.not-found`; `auth.forbidden`
 */
export async function claimCase(
  ctx: Ctx<UserActor>,
  { caseId }: OfCase,
  { drawn = false, ruleId = null }: { drawn?: boolean; ruleId?: string | null } = {},
): Promise<Claim> {
  const { actor, tx } = ctx;
  const found = await findCase(ctx, caseId, "case.claim");
  requireComplete(found);
  // The database decides the race: of two radiologists who claim together, only one updates the row.
  const moved = await moveCase(ctx, caseId, "claim", { userId: actor.userId, drawn, ruleId }, (row) => ({
    action: isNewClaim(row) ? "case.claim" : "case.renew",
    details: takenOver(actor.userId, row),
  }));
  if (!moved?.claimedUntil) throw await whyNot(ctx, caseId);
  const claimToken = moved.claimToken.toString();
  if (isNewClaim(moved)) await enqueue(tx, "claim.expire", { orgId: moved.orgId, caseId }, moved.claimedUntil);
  if (isNewClaim(moved)) await borrowPriors(ctx, found);
  if (isNewClaim(moved)) await prepareAhead(ctx, { caseIds: [caseId, ...(await nextInLine(ctx))] });
  return { claimToken, claimedUntil: moved.claimedUntil.toISOString() };
}

const takenOver = (userId: string, { claimedByBefore }: MovedCase): AuditDetails =>
  claimedByBefore && claimedByBefore !== userId ? { takenOverFrom: claimedByBefore } : {};
const isNewClaim = ({ claimToken, claimTokenBefore }: MovedCase): boolean => claimToken !== claimTokenBefore;

async function whyNot({ tx }: Ctx, caseId: string): Promise<DomainError> {
  const [now] = await tx.$queryRaw<
    {
      state: CaseState;
      live: boolean;
      name: string | null;
      secondsAgo: number;
      reservedBy: string | null;
      givenTo: string | null;
      onlyDrawn: boolean;
    }[]
  >`SELECT c.state, CASE WHEN ${reservationRuns} THEN staff_name(c.reserved_by_id) END AS "reservedBy", CASE WHEN ${givenRuns} THEN staff_name(c.given_to_id) END AS "givenTo", c.drawn_rule_id IS NOT NULL AS "onlyDrawn", ${claimRuns} AS live, staff_name(c.claimed_by_id) AS name,
      greatest(0, extract(epoch FROM clock_timestamp() - c.claimed_at))::int AS "secondsAgo"
    FROM reading_case c WHERE c.id = ${caseId}::uuid`;
  if (!now) return new DomainError("case.not-found");
  if (now.live && isClaimable(now))
    return new DomainError("case.already-claimed", {
      details: { claimedByName: now.name, claimedSecondsAgo: now.secondsAgo },
    });
  if (now.reservedBy && isClaimable(now))
    return new DomainError("case.reserved", { details: { reservedByName: now.reservedBy } });
  if (now.givenTo && isClaimable(now)) return new DomainError("case.given", { details: { givenToName: now.givenTo } });
  if (now.onlyDrawn && isClaimable(now)) return new DomainError("case.drawn");
  return new DomainError("case.illegal-move", { details: { from: now.state, to: "claimed" } });
}

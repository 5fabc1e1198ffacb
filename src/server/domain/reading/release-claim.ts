import { DomainError } from "@overread/shared/errors";
import type { Ctx, SqlCtx, UserActor } from "#server/context.ts";
import type { CaseState } from "#server/db/generated/enums.ts";
import { findCase } from "./get-case.ts";
import { noteDeclined } from "./give-case.ts";
import { holdClaim } from "./hold-claim.ts";
import type { ReleaseClaim } from "./inputs.ts";
import { type AuditDetails, moveCase } from "./move-case.ts";

/**
 * Gives a case back to the list. The reader names the claim; without one, a worklist manager releases it for its
 * holder, and the audit trail names both.
 *
 * @throws {DomainError} `case.claim-expired`, `case.not-claimed`, `case.not-found`, `auth.forbidden`
 */
export async function releaseClaim(
  ctx: Ctx<UserActor>,
  { caseId, claimToken }: ReleaseClaim,
): Promise<{ state: CaseState }> {
  const row = await findCase(ctx, caseId, claimToken ? "case.release-own" : "case.release-others");
  if (claimToken) await holdClaim(ctx, { caseId, claimToken });
  const details: AuditDetails = claimToken ? {} : { takenFrom: row.claimedById };
  const moved = await moveCase(ctx, caseId, "release", undefined, () => ({ details }));
  if (!moved) throw new DomainError("case.not-claimed");
  // Else the rule that gave it to him would do so again.
  if (claimToken && row.givenToId === ctx.actor.userId)
    await noteDeclined(ctx, [{ caseId, readerId: ctx.actor.userId, reason: "given-back" }]);
  return { state: moved.state };
}

/**
 * Clears a claim whose lease has expired. Safe to run twice, late or early: a renewed claim is left alone and checked
 * again when its lease ends.
 *
 * @returns when to check again; null when there is nothing to wait for.
 */
export async function expireLapsedClaim(ctx: SqlCtx, caseId: string): Promise<Date | null> {
  if (await moveCase(ctx, caseId, "expire", undefined)) return null;
  const [running] = await ctx.tx.$queryRaw<{ claimedUntil: Date }[]>`
    SELECT claimed_until AS "claimedUntil" FROM reading_case WHERE id = ${caseId}::uuid AND claimed_by_id IS NOT NULL AND claimed_until IS NOT NULL`;
  return running?.claimedUntil ?? null;
}

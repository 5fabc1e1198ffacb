import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { findCase } from "./get-case.ts";
import { holdClaim } from "./hold-claim.ts";
import type { OfClaim } from "./inputs.ts";
import { announceCases } from "./move-case.ts";
import { readTogether } from "./read-together.ts";
import type { Claim } from "./shapes.ts";

/**
 * Extends a running claim by another lease. An expired one is not revived: claim again.
 *
 * @throws {DomainError} `case.claim-expired`, `case.not-claimed`, `case.not-found`, `auth.forbidden`
 */
export async function renewClaim(ctx: Ctx<UserActor>, { caseId, claimToken }: OfClaim): Promise<Claim> {
  await findCase(ctx, caseId, "case.claim");
  const held = await holdClaim(ctx, { caseId, claimToken });
  const [row] = await ctx.tx.$queryRaw<[{ claimedUntil: Date }]>`
    UPDATE reading_case SET claimed_until = clock_timestamp() + make_interval(mins => claim_minutes)
    WHERE id = ${held.caseId}::uuid RETURNING claimed_until AS "claimedUntil"`;
  const { orgId, patientRef, studyRef } = held;
  await audit(ctx, { action: "case.renew", orgId, patientRef, studyRef, caseId: held.caseId });
  await announceCases(ctx, await readTogether(ctx, held.caseId));
  return { claimToken, claimedUntil: row.claimedUntil.toISOString() };
}

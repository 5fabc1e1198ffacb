import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { findCase } from "./get-case.ts";
import { holdClaim } from "./hold-claim.ts";
import type { OfClaim } from "./inputs.ts";
import { announceCase } from "./move-case.ts";
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
    WHERE id = ${caseId}::uuid RETURNING claimed_until AS "claimedUntil"`;
  await audit(ctx, {
    action: "case.renew",
    orgId: held.orgId,
    patientRef: held.patientRef,
    studyRef: held.studyRef,
    caseId,
  });
  await announceCase(ctx, held);
  return { claimToken, claimedUntil: row.claimedUntil.toISOString() };
}

import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import type { CaseState } from "#server/db/generated/enums.ts";
import { findCase } from "./get-case.ts";
import { holdClaim } from "./hold-claim.ts";
import type { ReleaseClaim } from "./inputs.ts";
import { moveCase } from "./move-case.ts";

/** Where a case goes when its claim ends without a signature: a begun report stays begun. */
const unclaimed = { claimed: "unread", drafted: "drafted", preliminary: "preliminary" } as const;
const clearClaim = Prisma.sql`, claimed_by_id = NULL, claimed_until = NULL, claimed_at = NULL`;

/**
 * Gives a case back to the list. The reader names the claim; without one, a worklist manager takes it from whoever
 * holds it, and the audit trail names both.
 *
 * @throws {DomainError} `case.claim-expired`, `case.not-claimed`, `case.not-found`, `auth.forbidden`
 */
export async function releaseClaim(
  ctx: Ctx<UserActor>,
  { caseId, claimToken }: ReleaseClaim,
): Promise<{ state: CaseState }> {
  const row = await findCase(ctx, caseId, claimToken ? "case.release-own" : "case.release-others");
  if (claimToken) await holdClaim(ctx, { caseId, claimToken });
  const moved = await moveCase(ctx, {
    caseId,
    moves: unclaimed,
    set: clearClaim,
    where: Prisma.sql`claimed_by_id IS NOT NULL`,
    action: "case.release",
    details: claimToken ? {} : { takenFrom: row.claimedById },
  });
  if (!moved) throw new DomainError("case.not-claimed");
  return { state: moved.state };
}

/**
 * Ends a claim whose lease ran out. Safe to run twice, late or early: a renewed claim is left alone and looked at
 * again when its lease ends.
 *
 * @returns when to look again; null when there is nothing to wait for.
 */
export async function expireLapsedClaim(ctx: Ctx, caseId: string): Promise<Date | null> {
  const moved = await moveCase(ctx, {
    caseId,
    moves: unclaimed,
    set: clearClaim,
    where: Prisma.sql`claimed_by_id IS NOT NULL AND claimed_until <= clock_timestamp()`,
    action: "case.expire",
  });
  if (moved) return null;
  const [running] = await ctx.tx.$queryRaw<{ claimedUntil: Date }[]>`
    SELECT claimed_until AS "claimedUntil" FROM reading_case WHERE id = ${caseId}::uuid AND claimed_by_id IS NOT NULL AND claimed_until IS NOT NULL`;
  return running?.claimedUntil ?? null;
}

import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { claimableStates } from "./case-states.ts";
import { findCase } from "./get-case.ts";
import type { OfCase } from "./inputs.ts";
import { type AuditDetails, type MovedCase, moveCase } from "./move-case.ts";
import { requireWhole } from "./read-incomplete.ts";
import type { Claim } from "./shapes.ts";

/**
 * Takes a case for reading, exclusively, until the lease ends. Whoever already holds it gets the lease renewed under
 * the same token, so that two windows of one person work on one claim; a claim whose lease ran out may be taken over
 * and gets a new token, which shuts out every write under the old one.
 *
 * @returns the fencing token every later write must name, and the end of the lease.
 * @throws {DomainError} `case.incomplete` (see {@link requireWhole}); `case.already-claimed` with `claimedByName`, `claimedSecondsAgo`; `case.illegal-move`;
 *   `case.not-found`; `auth.forbidden`
 */
export async function claimCase(ctx: Ctx<UserActor>, { caseId }: OfCase): Promise<Claim> {
  const { actor, tx } = ctx;
  requireWhole(await findCase(ctx, caseId, "case.claim"));
  const mine = Prisma.sql`(claimed_by_id = ${actor.userId}::uuid AND claimed_until > clock_timestamp())`;
  // The WHERE decides the race: of two radiologists clicking together, one updates nothing.
  const moved = await moveCase(ctx, {
    caseId,
    moves: { unread: "claimed", claimed: "claimed", drafted: "drafted", preliminary: "preliminary" },
    set: Prisma.sql`, claimed_by_id = ${actor.userId}::uuid,
      claim_token = claim_token + CASE WHEN ${mine} THEN 0 ELSE 1 END,
      claimed_at = CASE WHEN ${mine} THEN claimed_at ELSE clock_timestamp() END,
      claimed_until = clock_timestamp() + make_interval(mins => claim_minutes)`,
    where: Prisma.sql`claimed_by_id IS NULL OR claimed_until <= clock_timestamp() OR ${mine}`,
    action: (row) => (isNewClaim(row) ? "case.claim" : "case.renew"),
    details: ({ claimedByBefore }): AuditDetails =>
      claimedByBefore && claimedByBefore !== actor.userId ? { takenOverFrom: claimedByBefore } : {},
  });
  if (!moved?.claimedUntil) throw await whyNot(ctx, caseId);
  const claimToken = moved.claimToken.toString();
  if (isNewClaim(moved)) await enqueue(tx, "claim.expire", { orgId: moved.orgId, caseId }, moved.claimedUntil);
  return { claimToken, claimedUntil: moved.claimedUntil.toISOString() };
}

const isNewClaim = ({ claimToken, claimTokenBefore }: MovedCase): boolean => claimToken !== claimTokenBefore;

async function whyNot({ tx }: Ctx, caseId: string): Promise<DomainError> {
  const [now] = await tx.$queryRaw<
    { state: (typeof claimableStates)[number]; live: boolean; name: string | null; secondsAgo: number }[]
  >`SELECT state, coalesce(claimed_until > clock_timestamp(), false) AS live, staff_name(claimed_by_id) AS name,
      greatest(0, extract(epoch FROM clock_timestamp() - claimed_at))::int AS "secondsAgo"
    FROM reading_case WHERE id = ${caseId}::uuid`;
  if (!now) return new DomainError("case.not-found");
  if (now.live && claimableStates.includes(now.state))
    return new DomainError("case.already-claimed", {
      details: { claimedByName: now.name, claimedSecondsAgo: now.secondsAgo },
    });
  return new DomainError("case.illegal-move", { details: { from: now.state, to: "claimed" } });
}

import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import type { CaseState } from "#server/db/generated/enums.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { findCase } from "./get-case.ts";
import { holdClaim } from "./hold-claim.ts";
import type { CancelCase, HoldCase, OfCase } from "./inputs.ts";
import { type MovedCase, moveCase } from "./move-case.ts";

/** Notes where the case stood, ends the claim, and takes it out of the order of the list. */
const pause = (actor: UserActor, reason: string) => Prisma.sql`,
  paused_from = (CASE state WHEN 'claimed' THEN 'unread' WHEN 'held' THEN paused_from::text ELSE state::text END)::"CaseState",
  paused_at = clock_timestamp(), paused_by_id = ${actor.userId}::uuid, paused_reason = ${reason},
  claimed_by_id = NULL, claimed_until = NULL, claimed_at = NULL, priority_score = 0, priority_reasons = '[]'::jsonb`;

/**
 * Takes a case off the list while the site is asked for something: history, images, a word. The clock stands still meanwhile.
 * Who is reading it names the claim, and the claim ends; a case that somebody else is reading is not held over their head.
 *
 * @throws {DomainError} `case.already-claimed` with `claimedByName`; `case.claim-expired`, `case.not-claimed`;
 *   `case.illegal-move`; `case.not-found`; `auth.forbidden`
 */
export async function holdCase(
  ctx: Ctx<UserActor>,
  { caseId, claimToken, reason }: HoldCase,
): Promise<{ state: CaseState }> {
  const row = await findCase(ctx, caseId, "case.hold");
  if (claimToken) await holdClaim(ctx, { caseId, claimToken });
  const moved = await moveCase(ctx, {
    caseId,
    moves: { arriving: "held", unread: "held", claimed: "held", drafted: "held", preliminary: "held" },
    set: pause(ctx.actor, reason),
    where: claimToken
      ? Prisma.sql`claim_token = ${BigInt(claimToken)}`
      : Prisma.sql`claimed_by_id IS NULL OR claimed_until <= clock_timestamp()`,
    action: "case.hold",
    details: { reason },
  });
  if (moved) return { state: moved.state };
  if (row.claimLive) throw new DomainError("case.already-claimed", { details: { claimedByName: row.claimedByName } });
  throw new DomainError("case.illegal-move", { details: { from: row.state, to: "held" } });
}

/**
 * What was asked for is there: the case goes back to where it was held, and its due time moves by as long as it stood.
 * @throws {DomainError} `case.illegal-move` (it is not held), `case.not-found`, `auth.forbidden`
 */
export async function resumeCase(ctx: Ctx<UserActor>, { caseId }: OfCase): Promise<{ state: CaseState }> {
  await findCase(ctx, caseId, "case.resume");
  return { state: (await bringBack(ctx, caseId, "held", "case.resume")).state };
}

/**
 * Withdraws a case: nobody is to read it. Images and a begun draft stay. Whoever is reading it loses the claim, and what they
 * still write is refused. What was signed, also as preliminary, is out at the hospital and is not cancelled.
 *
 * @throws {DomainError} `case.illegal-move`, `case.not-found`, `auth.forbidden`
 */
export async function cancelCase(ctx: Ctx<UserActor>, { caseId, reason }: CancelCase): Promise<{ state: CaseState }> {
  const row = await findCase(ctx, caseId, "case.cancel");
  const moved = await moveCase(ctx, {
    caseId,
    moves: {
      arriving: "cancelled",
      unread: "cancelled",
      claimed: "cancelled",
      drafted: "cancelled",
      held: "cancelled",
    },
    set: pause(ctx.actor, reason),
    where: Prisma.sql`paused_from IS DISTINCT FROM 'preliminary'`,
    action: "case.cancel",
    details: ({ claimedByBefore }) => ({ reason, ...(claimedByBefore ? { takenFrom: claimedByBefore } : {}) }),
  });
  if (!moved) throw new DomainError("case.illegal-move", { details: { from: row.state, to: "cancelled" } });
  return { state: moved.state };
}

/**
 * Puts a withdrawn case back on the list, where it stood before.
 * @throws {DomainError} `case.illegal-move` (it is not cancelled), `case.not-found`, `auth.forbidden`
 */
export async function reinstateCase(ctx: Ctx<UserActor>, { caseId }: OfCase): Promise<{ state: CaseState }> {
  await findCase(ctx, caseId, "case.reinstate");
  return { state: (await bringBack(ctx, caseId, "cancelled", "case.reinstate")).state };
}

async function bringBack(
  ctx: Ctx<UserActor>,
  caseId: string,
  from: "held" | "cancelled",
  action: "case.resume" | "case.reinstate",
): Promise<MovedCase> {
  // Locked, so that the study cannot become complete between the question and the move.
  const [row] = await ctx.tx.$queryRaw<{ state: CaseState; pausedFrom: CaseState | null; seconds: number | null }[]>`
    SELECT state, paused_from AS "pausedFrom", extract(epoch FROM clock_timestamp() - paused_at)::int AS seconds
    FROM reading_case WHERE id = ${caseId}::uuid FOR UPDATE`;
  const to = row?.pausedFrom ?? "unread";
  const moved =
    row?.state === from
      ? await moveCase(ctx, {
          caseId,
          moves: { [from]: to },
          set: Prisma.sql`, due_at = due_at + (clock_timestamp() - coalesce(paused_at, clock_timestamp())),
            paused_from = NULL, paused_at = NULL, paused_by_id = NULL, paused_reason = NULL`,
          action,
          details: { pausedSeconds: row.seconds ?? 0 },
        })
      : null;
  if (!moved) throw new DomainError("case.illegal-move", { details: { from: row?.state ?? "unread", to } });
  await enqueue(ctx.tx, "case.prioritize", { orgId: moved.orgId, caseId });
  return moved;
}

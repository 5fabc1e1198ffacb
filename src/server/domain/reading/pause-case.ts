import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import type { CaseState, ClockStopReason } from "#server/db/generated/enums.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { findCase } from "./get-case.ts";
import { holdClaim } from "./hold-claim.ts";
import type { CancelCase, HoldCase, OfCase } from "./inputs.ts";
import { type MovedCase, moveCase } from "./move-case.ts";
import { readTogether } from "./read-together.ts";

/**
 * Takes a case off the list while the hospital is asked for something: history, images, a clarification. The time on
 * hold does not count towards the due time. A reader holding the case names the claim, which then ends; a case that
 * somebody else is reading cannot be held.
 *
 * @param why its clock stands still.
 * @throws {DomainError} `case.already-claimed` with `claimedByName`; `case.claim-expired`, `case.not-claimed`;
 * `case.illegal-move`; `case.not-found`; `auth.forbidden`
 */
export async function holdCase(
  ctx: Ctx<UserActor>,
  { caseId, claimToken, reason }: HoldCase,
  why: ClockStopReason = "held",
): Promise<{ state: CaseState }> {
  const row = await findCase(ctx, caseId, "case.hold");
  if (claimToken) await holdClaim(ctx, { caseId, claimToken });
  const moved = await moveCase(ctx, caseId, "hold", { userId: ctx.actor.userId, reason, claimToken, why }, () => ({
    details: { reason },
  }));
  if (moved) return { state: moved.state };
  if (row.claimLive) throw new DomainError("case.already-claimed", { details: { claimedByName: row.claimedByName } });
  throw new DomainError("case.illegal-move", { details: { from: row.state, to: "held" } });
}

/**
 * Resumes a held case: it goes back to its previous state, and its due time moves by the time on hold.
 *
 * @throws {DomainError} `case.illegal-move` (it is not held), `case.not-found`, `auth.forbidden`
 */
export async function resumeCase(ctx: Ctx<UserActor>, { caseId }: OfCase): Promise<{ state: CaseState }> {
  await findCase(ctx, caseId, "case.resume");
  return { state: (await bringBack(ctx, caseId, "held", "resume")).state };
}

/**
 * Withdraws a case from reading. Images and draft stay. A current reader loses the claim, and further writes are
 * refused. A case with a signed report, also a preliminary one, cannot be cancelled: the hospital has the report.
 *
 * @throws {DomainError} `case.read-with` (it is taken out of those that it is read with first), `case.illegal-move`, `case.not-found`, `auth.forbidden`
 */
export async function cancelCase(ctx: Ctx<UserActor>, { caseId, reason }: CancelCase): Promise<{ state: CaseState }> {
  const row = await findCase(ctx, caseId, "case.cancel");
  const moved = await moveCase(ctx, caseId, "cancel", { userId: ctx.actor.userId, reason }, ({ claimedByBefore }) => ({
    details: { reason, ...(claimedByBefore ? { takenFrom: claimedByBefore } : {}) },
  }));
  if (!moved && row.readWithId) throw new DomainError("case.read-with");
  if (!moved) throw new DomainError("case.illegal-move", { details: { from: row.state, to: "cancelled" } });
  return { state: moved.state };
}

/**
 * Puts a cancelled case back on the list, in its previous state.
 *
 * @throws {DomainError} `case.illegal-move` (it is not cancelled), `case.not-found`, `auth.forbidden`
 */
export async function reinstateCase(ctx: Ctx<UserActor>, { caseId }: OfCase): Promise<{ state: CaseState }> {
  await findCase(ctx, caseId, "case.reinstate");
  return { state: (await bringBack(ctx, caseId, "cancelled", "reinstate")).state };
}

async function bringBack(
  ctx: Ctx<UserActor>,
  caseId: string,
  from: "held" | "cancelled",
  move: "resume" | "reinstate",
): Promise<MovedCase> {
  // Locked, so that the study cannot become complete between the check and the move.
  const [row] = await ctx.tx.$queryRaw<{ state: CaseState; pausedFrom: CaseState | null; seconds: number | null }[]>`
    SELECT state, paused_from AS "pausedFrom", extract(epoch FROM clock_timestamp() - paused_at)::int AS seconds
    FROM reading_case WHERE id = ${caseId}::uuid FOR UPDATE`;
  const to = row?.pausedFrom ?? "unread";
  const details = { pausedSeconds: row?.seconds ?? 0 };
  const moved = row?.state === from ? await moveCase(ctx, caseId, move, { to }, () => ({ details })) : null;
  if (!moved) throw new DomainError("case.illegal-move", { details: { from: row?.state ?? "unread", to } });
  for (const each of await readTogether(ctx, caseId))
    await enqueue(ctx.tx, "case.prioritize", { orgId: moved.orgId, caseId: each.caseId });
  return moved;
}

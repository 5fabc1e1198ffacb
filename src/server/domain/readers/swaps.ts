import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { announceReaders } from "./announce.ts";
import { findColleague } from "./find-reader.ts";
import type { AnswerSwap, AskSwap, OfSwap } from "./inputs.ts";
import { readerPolicy } from "./policy.ts";
import { rostersOf } from "./reader-facts.ts";
import { isOnShift } from "./roster.ts";

/**
 * Asks a colleague to take over a span of one's own time, perhaps for one of theirs. Nothing changes before the answer.
 *
 * @throws {DomainError} `auth.forbidden`, `user.not-found`, `request.invalid` (with oneself, or what is over already), `shift.none-then` with `whose`
 * (nobody gives away time that he does not have)
 */
export async function askSwap(ctx: Ctx<UserActor>, { toUserId, inReturn, ...span }: AskSwap) {
  const { actor, tx, now } = ctx;
  readerPolicy.authorize(actor, "reader.own", null);
  const colleague = await findColleague(ctx, toUserId);
  if (colleague.id === actor.userId || span.endsAt <= now || (inReturn && inReturn.endsAt <= now))
    throw new DomainError("request.invalid");
  await requireShift(ctx, actor.userId, span, "own");
  if (inReturn) await requireShift(ctx, colleague.id, inReturn, "theirs");
  const { id: swapId } = await tx.shiftSwap.create({
    data: {
      ...span,
      returnStartsAt: inReturn?.startsAt ?? null,
      returnEndsAt: inReturn?.endsAt ?? null,
      orgId: actor.orgId,
      fromUserId: actor.userId,
      toUserId: colleague.id,
    },
    select: { id: true },
  });
  await audit(ctx, { action: "reader.swap", details: { swapId, act: "asked", withUserId: colleague.id } });
  await announceReaders(ctx);
  return { swapId };
}

/**
 * The colleague's yes or no. With the yes both rosters change in one act, if both still have what they give away.
 *
 * @throws {DomainError} `auth.forbidden`, `resource.not-found` (also one that waits no more, and another's), `shift.none-then` with `whose`
 */
export async function answerSwap(ctx: Ctx<UserActor>, { swapId, agrees }: AnswerSwap): Promise<void> {
  const { actor, tx } = ctx;
  const swap = await waiting(ctx, swapId, "toUserId");
  await close(ctx, swapId, agrees ? "agreed" : "refused");
  if (agrees) {
    const given = { startsAt: swap.startsAt, endsAt: swap.endsAt };
    // One yes of the group after the other: of two that give the same time away the second finds it gone.
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`swap ${actor.orgId}`}, 0))::text`;
    const back =
      swap.returnStartsAt && swap.returnEndsAt ? { startsAt: swap.returnStartsAt, endsAt: swap.returnEndsAt } : null;
    await requireShift(ctx, swap.fromUserId, given, "theirs");
    if (back) await requireShift(ctx, actor.userId, back, "own");
    const changes = [
      { userId: swap.fromUserId, kind: "absence" as const, ...given },
      { userId: swap.toUserId, kind: "extra" as const, ...given },
      ...(back
        ? [
            { userId: swap.toUserId, kind: "absence" as const, ...back },
            { userId: swap.fromUserId, kind: "extra" as const, ...back },
          ]
        : []),
    ];
    await tx.shiftChange.createMany({
      data: changes.map((each) => ({ ...each, orgId: actor.orgId, swapId, byId: actor.userId })),
    });
  }
  await audit(ctx, { action: "reader.swap", details: { swapId, act: agrees ? "agreed" : "refused" } });
  await announceReaders(ctx);
}

/** Whoever asked asks no more. @throws {DomainError} `auth.forbidden`, `resource.not-found` */
export async function withdrawSwap(ctx: Ctx<UserActor>, { swapId }: OfSwap): Promise<void> {
  await waiting(ctx, swapId, "fromUserId");
  await close(ctx, swapId, "withdrawn");
  await audit(ctx, { action: "reader.swap", details: { swapId, act: "withdrawn" } });
  await announceReaders(ctx);
}

/** The whole span is within his shifts. One that begins within a week of the span's beginning is seen. */
async function requireShift(
  { actor, tx }: Ctx<UserActor>,
  userId: string,
  { startsAt, endsAt }: { startsAt: Date; endsAt: Date },
  whose: "own" | "theirs",
): Promise<void> {
  const shifts = (await rostersOf(tx, actor.orgId, startsAt)).get(userId)?.shifts ?? [];
  if (!isOnShift(shifts, { from: startsAt.getTime(), until: endsAt.getTime() }))
    throw new DomainError("shift.none-then", { details: { whose } });
}

async function waiting({ actor, tx, now }: Ctx<UserActor>, swapId: string, mine: "fromUserId" | "toUserId") {
  readerPolicy.authorize(actor, "reader.own", null);
  const swap = await tx.shiftSwap.findFirst({
    where: { id: swapId, orgId: actor.orgId, [mine]: actor.userId, state: "asked", endsAt: { gt: now } },
  });
  if (!swap) throw new DomainError("resource.not-found");
  return swap;
}

/** Two answers at once: one of them counts. */
async function close({ tx, now }: Ctx<UserActor>, swapId: string, state: "agreed" | "refused" | "withdrawn") {
  const { count } = await tx.shiftSwap.updateMany({
    where: { id: swapId, state: "asked" },
    data: { state, answeredAt: now },
  });
  if (count !== 1) throw new DomainError("resource.not-found");
}

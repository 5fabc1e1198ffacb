import { z } from "zod";
import type { Ctx, UserActor } from "#server/context.ts";
import { type ReaderFacts, type Step, stepsDue } from "../assignment/index.ts";
import { readerFacts } from "../readers/index.ts";
import { ladderSteps } from "./ladder.ts";
import { peopleOf, type Reach } from "./people.ts";
import { escalationPolicy } from "./policy.ts";

export const TryLadder = z.object({
  steps: ladderSteps,
  /** For which the case is promised. */
  minutes: z.int().min(1).max(20_160),
});

/** A step of a case that arrives now and stays unsigned. */
type Tried = Step & {
  afterMinutes: number;
  at: Date;
  /** Of the group; empty where it depends on the case who is told, and of the site, whose people are its own. */
  names: string[];
  reach: Reach | null;
};

/**
 * Plays a ladder, saved or not, for a case that arrives now: when each step is due, and who of the group would be told by the roster of that
 * moment. Of the pool these are the readers who are there, whatever bars one of them from the particular case.
 * @throws {DomainError} `auth.forbidden`
 */
export async function tryLadder(
  ctx: Ctx<UserActor>,
  { steps, minutes }: z.output<typeof TryLadder>,
): Promise<{ steps: Tried[] }> {
  const { actor, tx, now } = ctx;
  escalationPolicy.authorize(actor, "ladder.read", null);
  const startedAt = now.getTime();
  const { due } = stepsDue(steps, { startedAt, minutes, stops: [] }, [], Number.POSITIVE_INFINITY);
  const readers = await readerFacts(tx, actor.orgId, now);
  const { userIds: leads } = await peopleOf(
    { tx },
    "lead",
    { orgId: actor.orgId, readerOrgId: actor.orgId, facilityId: null, readerId: null },
    undefined,
  );
  const people = await tx.$queryRaw<{ id: string; name: string }[]>`
    SELECT id::text, display_name AS name FROM user_account WHERE org_id = ${actor.orgId}::uuid AND id = ANY(${[...leads, ...readers.map(({ id }) => id)]}::uuid[])`;
  const nameOf = new Map(people.map(({ id, name }) => [id, name]));
  const named = (ids: string[]) => ids.map((id) => nameOf.get(id) ?? "").sort();
  const toldAt = (to: Step["to"], at: number): Pick<Tried, "names" | "reach"> => {
    if (to === "lead") return { names: named(leads), reach: null };
    if (to !== "pool") return { names: [], reach: null };
    const there = readers.filter((each) => isThere(each, at)).map(({ id }) => id);
    if (there.length > 0) return { names: named(there), reach: "there" };
    if (readers.length > 0) return { names: named(readers.map(({ id }) => id)), reach: "all" };
    return { names: named(leads), reach: "lead" };
  };
  return {
    steps: due.map(({ step, since }) => ({
      ...step,
      afterMinutes: Math.round((since - startedAt) / 60_000),
      at: new Date(since),
      ...toldAt(step.to, since),
    })),
  };
}

/** On shift and on no break; who is on no roster counts as there while he is signed in now. */
function isThere({ shifts, breaks, signedIn }: ReaderFacts, at: number): boolean {
  const during = ({ from, until }: { from: number; until: number }) => from <= at && until > at;
  if (breaks.some(during)) return false;
  return shifts ? shifts.some(during) : signedIn;
}

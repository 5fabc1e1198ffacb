import { z } from "zod";
import type { Ctx, UserActor } from "#server/context.ts";
import { type Instant, minuteMs } from "../engine/codes.ts";
import { type Measures, measure } from "../engine/measure.ts";
import { asItWas } from "../engine/recorded.ts";
import { readPast } from "../rules/past-snapshot.ts";
import { rulesPolicy } from "../rules/policy.ts";
import { namesOfGroup } from "../rules/rule-choices.ts";

/** Of the last hours: a shift, or a month. */
export const FairnessOf = z.strictObject({ hours: z.int().min(1).max(744).default(24) });
export type FairnessOf = z.output<typeof FairnessOf>;

export type Fairness = {
  from: Instant;
  until: Instant;
  loads: (Measures["loads"][number] & { name: string })[];
  byPriority: Measures["byPriority"];
  fairness: Measures["fairness"];
  /** On no roster: their hours are taken from what they signed. */
  offRoster: number;
};

/** How evenly the work of some hours was spread over those who were on shift. @throws {DomainError} `auth.forbidden` */
export async function readFairness({ tx, actor, now }: Ctx<UserActor>, { hours }: FairnessOf): Promise<Fairness> {
  rulesPolicy.authorize(actor, "board.read", null);
  const from = new Date(now.getTime() - hours * 60 * minuteMs);
  const { snapshot, events, until, offRoster } = await readPast(tx, actor.orgId, from, now);
  const names = await namesOfGroup(tx, actor.orgId);
  const { loads, byPriority, fairness } = measure(asItWas(events, snapshot), snapshot.readers, snapshot.now, until);
  return {
    from: snapshot.now,
    until,
    loads: loads.map((load) => ({ ...load, name: names("reader", load.readerId) })),
    byPriority,
    fairness,
    offRoster,
  };
}

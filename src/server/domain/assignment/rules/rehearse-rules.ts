import type { Ctx, UserActor } from "#server/context.ts";
import { type Instant, minuteMs, type Priority } from "../engine/codes.ts";
import { type Measures, measure } from "../engine/measure.ts";
import { asItWas, type Played, type Reading } from "../engine/recorded.ts";
import type { RuleSet } from "../engine/rules.ts";
import { newestSheet } from "./current-rule-set.ts";
import type { RehearseRules } from "./inputs.ts";
import { type Past, readPast } from "./past-snapshot.ts";
import { playInSlices } from "./play-in-slices.ts";
import { rulesPolicy } from "./policy.ts";
import { asRuleSet } from "./sheet.ts";

/** Of both plays together. */
const limitMs = 20_000;
const dayMs = 24 * 60 * minuteMs;
/** How many cases are told one by one. */
const mostTold = 100;

type Version = "was" | "today" | "edited";
export type Rehearsal = {
  from: Instant;
  until: Instant;
  /** The time was over before the play was: it ends here, in all three. */
  cutShort: boolean;
  cases: number;
  measures: Record<Version, Measures>;
  /** Cases that the edited rules would have given to somebody else than today's rules. */
  elsewhere: number;
  /** Some of them, the newest first. */
  told: {
    caseId: string;
    priority: Priority;
    arrivedAt: Instant;
    modalities: string[];
    facilityId: string;
    readerOf: Record<Version, string | null>;
  }[];
  /** By which of the edited rules they were given; null: by none. */
  byRule: { ruleId: string | null; cases: number }[];
  offRoster: number;
  /** By id, of everybody and every place in it. */
  names: Record<string, string>;
};

export type ReadyToRehearse = { past: Past; today: RuleSet; edited: RuleSet; names: Record<string, string> };

/** Everything that a rehearsal needs from the database; the play itself comes after the transaction. */
export async function readyToRehearse(
  { tx, actor, now }: Ctx<UserActor>,
  { sheet, days }: RehearseRules,
): Promise<ReadyToRehearse> {
  rulesPolicy.authorize(actor, "rules.read", null);
  const past = await readPast(tx, actor.orgId, new Date(now.getTime() - days * dayMs), now);
  const inForce = await newestSheet(tx, actor.orgId);
  const people = await tx.$queryRaw<{ id: string; name: string }[]>`
    SELECT id, display_name AS name FROM user_account WHERE org_id = ${actor.orgId}::uuid`;
  const places = await tx.$queryRaw<{ id: string; name: string }[]>`
    SELECT f.id, f.name FROM facility f WHERE f.org_id IN (SELECT org_id FROM contract WHERE reader_org_id = ${actor.orgId}::uuid)
    UNION ALL SELECT id, name FROM organization WHERE id IN (SELECT org_id FROM contract WHERE reader_org_id = ${actor.orgId}::uuid)`;
  return {
    past,
    today: asRuleSet(inForce.version, inForce.sheet),
    edited: asRuleSet(inForce.version + 1, sheet),
    names: Object.fromEntries([...people, ...places].map(({ id, name }) => [id, name])),
  };
}

/** Plays the edited rules and today's over the same past, and holds both against what truly happened. */
export async function playRehearsal({ past, today, edited, names }: ReadyToRehearse): Promise<Rehearsal> {
  const play = (rules: RuleSet, until: Instant) =>
    playInSlices(
      {
        snapshot: { ...past.snapshot, rules },
        events: past.events,
        rules,
        until,
        habitOf: () => "least-slack",
      },
      limitMs / 2,
    );
  const first = await play(edited, past.until);
  const second = await play(today, first.reached);
  const until = Math.min(first.reached, second.reached);
  const from = past.snapshot.now;
  const arrived = past.events.flatMap((each) => (each.kind === "arrival" && each.at <= until ? [each.facts] : []));
  const played: Record<Version, Played> = {
    was: asItWas(
      past.events.filter(({ at }) => at <= until),
      past.snapshot,
    ),
    today: second.played,
    edited: first.played,
  };
  const measures = {} as Record<Version, Measures>;
  const readerOf = {} as Record<Version, Map<string, Reading>>;
  for (const version of ["was", "today", "edited"] as const) {
    const readings = played[version].readings.filter(({ signedAt }) => signedAt <= until);
    const read = new Set(readings.map(({ caseId }) => caseId));
    const unread = arrived.filter(({ id }) => !read.has(id));
    measures[version] = measure({ readings, unread }, past.snapshot.readers, from, until);
    readerOf[version] = new Map(readings.map((each) => [each.caseId, each]));
  }
  const who = (version: Version, id: string) => readerOf[version].get(id)?.readerId ?? null;
  const elsewhere = arrived.filter(({ id }) => who("today", id) !== who("edited", id));
  const byRule = Map.groupBy(readerOf.edited.values(), ({ ruleId }) => ruleId);
  return {
    from,
    until,
    cutShort: until < past.until,
    cases: arrived.length,
    measures,
    elsewhere: elsewhere.length,
    told: elsewhere
      .slice(-mostTold)
      .reverse()
      .map(({ id, priority, arrivedAt, modalities, facilityId }) => ({
        caseId: id,
        priority,
        arrivedAt,
        modalities,
        facilityId,
        readerOf: { was: who("was", id), today: who("today", id), edited: who("edited", id) },
      })),
    byRule: [...byRule].map(([ruleId, of]) => ({ ruleId, cases: of.length })),
    offRoster: past.offRoster,
    names,
  };
}

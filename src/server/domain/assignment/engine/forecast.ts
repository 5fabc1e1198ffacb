import { type Instant, minuteMs, type Priority } from "./codes.ts";
import { type Ground, prepare } from "./ground.ts";
import type { RuleSet } from "./rules.ts";
import type { Snapshot } from "./snapshot.ts";
import { joined, type Presence, presenceOf, timetable, type Work, workOf } from "./timetable.ts";

/** A case that will be late. `signedAt` null: nobody gets to it before the end of the forecast. `readers`: how many may read it at all. */
type Breach = { caseId: string; priority: Priority; dueAt: Instant; signedAt: Instant | null; readers: number };

/** What would help, and how many would be in time then, STAT among them. */
export type Help = (
  | { kind: "call-in"; readerId: string }
  | { kind: "stay-on"; readerId: string; minutes: number }
  /** What is assigned or offered to one reader is open to all who may. */
  | { kind: "free-assigned" }
) & { avoided: number; stat: number };

export type Forecast = {
  /** The earliest due first. */
  breaches: Breach[];
  /** The most helpful first, at most five. */
  helps: Help[];
};

const stayOnMinutes = 60;
const mostTried = 12;

/**
 * Which open cases will be late, by the queue, the shifts and everybody's own pace, and what would help. Only of what has arrived: what is yet to come makes
 * it worse. @param until how far to look; a case due later is not spoken of.
 */
export function forecast(snapshot: Snapshot, until: Instant, rules: RuleSet = snapshot.rules): Forecast {
  const ground = prepare(snapshot, rules);
  const work = workOf(ground);
  const presence = presenceOf(ground, until);
  const breaches = breachesOf(work, presence, ground, until);
  return { breaches, helps: breaches.length === 0 ? [] : helpsFor(breaches, work, presence, ground, until) };
}

function breachesOf(work: Work, presence: Presence, ground: Ground, until: Instant): Breach[] {
  const signed = timetable(work, presence, ground, until);
  const breaches: Breach[] = [];
  const judge = ({ id, priority, dueAt }: Ground["cases"][number], readers: number) => {
    const signedAt = signed.get(id) ?? null;
    if (dueAt <= until && (signedAt === null || signedAt > dueAt))
      breaches.push({ caseId: id, priority, dueAt, signedAt, readers });
  };
  for (const { cases, allowed } of work.queues) {
    const readers = allowed.reduce((sum, each) => sum + each, 0);
    for (const facts of cases) judge(facts, readers);
  }
  for (const facts of work.reading.values()) judge(facts, 1);
  return breaches.sort((a, b) => a.dueAt - b.dueAt || (a.caseId < b.caseId ? -1 : 1));
}

function helpsFor(breaches: readonly Breach[], work: Work, presence: Presence, ground: Ground, until: Instant): Help[] {
  const late = new Set(breaches.map(({ caseId }) => caseId));
  const stat = breaches.filter((each) => each.priority === "stat").length;
  const gained = (left: readonly Breach[]) => ({
    avoided: breaches.length - left.length,
    stat: stat - left.filter((each) => each.priority === "stat").length,
  });
  const gainedIf = (place: number, more: { from: Instant; until: Instant }) => {
    const changed = presence.map((each, n) => (n === place ? joined([...each, more]) : each));
    return gained(breachesOf(work, changed, ground, until));
  };
  const helps: Help[] = [];
  for (const place of worthAsking(late, work, ground)) {
    const readerId = ground.readers[place]?.id ?? "";
    const current = presence[place]?.find((each) => each.from <= ground.now);
    if (!current) helps.push({ kind: "call-in", readerId, ...gainedIf(place, { from: ground.now, until }) });
    else if (current.until < until) {
      const longer = { from: current.until, until: Math.min(until, current.until + stayOnMinutes * minuteMs) };
      helps.push({ kind: "stay-on", readerId, minutes: stayOnMinutes, ...gainedIf(place, longer) });
    }
  }
  if (ground.cases.some(({ id, assignment, offer }) => late.has(id) && (assignment || offer)))
    helps.push({
      kind: "free-assigned",
      ...gained(breachesOf(workOf(ground, { freed: true }), presence, ground, until)),
    });
  return helps
    .filter(({ avoided }) => avoided > 0)
    .sort((a, b) => b.stat - a.stat || b.avoided - a.avoided)
    .slice(0, 5);
}

/** Readers, by place, who may read most of what will be late. */
function worthAsking(late: ReadonlySet<string>, { queues }: Work, { readers }: Ground): number[] {
  const may = readers.map((_, place) =>
    queues.reduce(
      (sum, { allowed, cases }) => sum + (allowed[place] ? cases.filter(({ id }) => late.has(id)).length : 0),
      0,
    ),
  );
  return may
    .map((count, place) => ({ count, place }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || a.place - b.place)
    .slice(0, mostTried)
    .map(({ place }) => place);
}

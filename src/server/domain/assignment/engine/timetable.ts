import { type Instant, minuteMs } from "./codes.ts";
import { forceOf } from "./findings.ts";
import type { Ground } from "./ground.ts";
import type { CaseFacts } from "./snapshot.ts";
import { byUrgency } from "./urgency.ts";

/** From until when each reader, by his place, is there: in order, without overlap. */
export type Presence = readonly (readonly { from: Instant; until: Instant }[])[];

/** Shifts without breaks, from `now` on; who is on no roster is there all the time. */
export function presenceOf({ readers, now }: Ground, until: Instant): { from: Instant; until: Instant }[][] {
  return readers.map(({ shifts, breaks }) => {
    let there = (shifts ?? [{ from: now, until }])
      .map((each) => ({ from: Math.max(each.from, now), until: Math.min(each.until, until) }))
      .sort((a, b) => a.from - b.from);
    for (const gap of breaks)
      there = there.flatMap((each) => [
        { from: each.from, until: Math.min(each.until, gap.from) },
        { from: Math.max(each.from, gap.until), until: each.until },
      ]);
    return joined(there.filter((each) => each.until > each.from));
  });
}

/** The same time without overlaps. */
export function joined(intervals: { from: Instant; until: Instant }[]): { from: Instant; until: Instant }[] {
  const whole: { from: Instant; until: Instant }[] = [];
  for (const each of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = whole.at(-1);
    if (last && each.from <= last.until) last.until = Math.max(last.until, each.until);
    else whole.push({ ...each });
  }
  return whole;
}

/** Cases that the same readers may read, the most urgent first. */
type Queue = { allowed: Uint8Array; cases: CaseFacts[]; head: number };
export type Work = { queues: Queue[]; reading: ReadonlyMap<number, CaseFacts> };

/** Who may read what is open, whenever he is there. What is claimed is read by who has it, what is assigned or offered waits for its reader. */
export function workOf(ground: Ground, { freed = false } = {}): Work {
  const queues = new Map<string, Queue>();
  const reading = new Map<number, CaseFacts>();
  for (const facts of ground.cases.toSorted(byUrgency)) {
    const { claim } = facts;
    const place = claim && claim.until > ground.now ? ground.placeOf.get(claim.readerId) : undefined;
    if (place !== undefined) {
      reading.set(place, facts);
      continue;
    }
    if (facts.state === "held" || facts.state === "arriving") continue;
    const allowed = allowedFor(facts, ground, freed);
    const key = allowed.join("");
    const queue = queues.get(key) ?? { allowed, cases: [], head: 0 };
    queues.set(key, queue);
    queue.cases.push(facts);
  }
  return { queues: [...queues.values()], reading };
}

function allowedFor(facts: CaseFacts, ground: Ground, freed: boolean): Uint8Array {
  const { never } = ground.standing(facts);
  const own = ground.own(facts);
  const fitting = ground.rules.filter(({ open, fits }) => open && fits(facts));
  const exclusive = fitting.findIndex(({ rule }) => rule.exclusive);
  const asked = exclusive === -1 ? fitting : fitting.slice(0, exclusive + 1);
  const { assignment, offer } = facts;
  const held = assignment ?? (offer && offer.until > ground.now ? offer : null);
  const his = freed ? undefined : held?.readerId;
  return Uint8Array.from(ground.readers, ({ id }, place) => {
    if (never[place] || (his !== undefined && his !== id)) return 0;
    if (own.get(id)?.some((each) => forceOf(each) === "never" || each.code === "skip.runs")) return 0;
    return asked.length === 0 || asked.some(({ names }) => names[place] === 1) ? 1 : 0;
  });
}

/**
 * When each open case would be signed if everybody read without a pause, at his own pace, the most urgent that he may. What is claimed is taken to be just
 * begun; what is yet to arrive is not foreseen. @returns by case id; who is not in it is not read before `until`.
 */
export function timetable(
  { queues, reading }: Work,
  presence: Presence,
  ground: Ground,
  until: Instant,
): Map<string, Instant> {
  const signed = new Map<string, Instant>();
  const minutesFor = (facts: CaseFacts, place: number) =>
    ground.workUnits.effort(facts) * (ground.readers[place]?.minutesPerWorkUnit ?? 0) * minuteMs;
  for (const queue of queues) queue.head = 0;
  const freeAt = ground.readers.map((_, place) => {
    const facts = reading.get(place);
    if (!facts) return ground.now;
    signed.set(facts.id, Math.round(ground.now + minutesFor(facts, place)));
    return signed.get(facts.id) as Instant;
  });
  const startOf = (place: number, from: Instant): Instant => {
    const next = presence[place]?.find((each) => each.until > from);
    return next ? Math.max(next.from, from) : Number.POSITIVE_INFINITY;
  };
  const starts = freeAt.map((from, place) => startOf(place, from));
  for (;;) {
    const at = Math.min(...starts);
    if (!(at < until)) return signed;
    const place = starts.indexOf(at);
    let best: Queue | null = null;
    for (const queue of queues) {
      const first = queue.cases[queue.head];
      if (!first || !queue.allowed[place]) continue;
      if (!best || byUrgency(first, best.cases[best.head] as CaseFacts) < 0) best = queue;
    }
    if (!best) {
      starts[place] = Number.POSITIVE_INFINITY;
      continue;
    }
    const facts = best.cases[best.head++] as CaseFacts;
    const done = Math.round(at + minutesFor(facts, place));
    signed.set(facts.id, done);
    starts[place] = startOf(place, Math.max(done, at + 1));
  }
}

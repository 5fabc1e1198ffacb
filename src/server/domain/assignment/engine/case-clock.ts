import { type Instant, minuteMs } from "./codes.ts";

/**
 * The clock of a case: from arrival it runs for the promised minutes and stands still while a query to the site is open. Stops may overlap and come in
 * any order; one that nobody has ended yet has no `until`.
 */
export type CaseClock = { startedAt: Instant; minutes: number; stops: readonly Stop[] };
type Stop = { from: Instant; until: Instant | null };

/** Stops without overlap, in order, from the start of the clock on; the last may be open. */
function merged({ startedAt, stops }: CaseClock): { from: Instant; until: Instant }[] {
  const sorted = stops
    .map(({ from, until }) => ({ from: Math.max(from, startedAt), until: until ?? Number.POSITIVE_INFINITY }))
    .filter(({ from, until }) => until > from)
    .sort((a, b) => a.from - b.from);
  const whole: { from: Instant; until: Instant }[] = [];
  for (const stop of sorted) {
    const last = whole.at(-1);
    if (last && stop.from <= last.until) last.until = Math.max(last.until, stop.until);
    else whole.push({ ...stop });
  }
  return whole;
}

/** The moment at which the clock has run for so long; null: it stands still before that, nobody knows until when. */
export function momentOf(clock: CaseClock, runMs: number): Instant | null {
  let at = clock.startedAt;
  let left = runMs;
  for (const { from, until } of merged(clock)) {
    if (from - at >= left) break;
    left -= from - at;
    at = until;
  }
  return Number.isFinite(at) ? at + left : null;
}

/** How it stands at `now`. `dueAt` of a clock that stands: as if it went on now. `used`: share of the time that has run, 1 when it is due. */
export function readClock(clock: CaseClock, now: Instant): { dueAt: Instant; standing: boolean; used: number } {
  const allMs = clock.minutes * minuteMs;
  const dueAt = momentOf(clock, allMs);
  const stood = merged(clock).reduce((sum, { from, until }) => sum + Math.max(0, Math.min(until, now) - from), 0);
  const ranMs = Math.max(0, now - clock.startedAt - stood);
  const standing = merged(clock).some(({ from, until }) => from <= now && until > now) && ranMs < allMs;
  return { dueAt: dueAt ?? now + Math.max(0, allMs - ranMs), standing, used: allMs === 0 ? 1 : ranMs / allMs };
}

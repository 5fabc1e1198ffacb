import { dayBefore, minuteMs, minuteOf, wallTime, weekdayOf } from "../assignment/engine/index.ts";

/** Shifts as people write them, and the moments they are. Pure. */

/** `until` is the first moment outside. Milliseconds since 1970. */
export type Interval = { from: number; until: number };

/** HH:MM on the wall of the shift's zone; an end that is not after its beginning is the next day's. */
export type Window = { starts: string; ends: string };
export type WeeklyShift = Window & {
  /** 1 = Monday … 7 = Sunday: the days on which it begins. */
  weekdays: readonly number[];
  timeZone: string;
  /** `YYYY-MM-DD` of the first and the last day on which it begins; null: without end there. */
  validFrom: string | null;
  validUntil: string | null;
  breaks: readonly Window[];
};
export type ShiftChange = Interval & { kind: "extra" | "absence" };

const dayMs = 24 * 60 * minuteMs;
const dayAfter = (date: string): string => new Date(Date.parse(`${date}T00:00Z`) + dayMs).toISOString().slice(0, 10);

/**
 * The moment at which a wall clock shows it. A time that the clock skips in spring is that much later, one that it shows twice in autumn is the
 * first: as calendars do, and so that windows which touch on the wall touch in time.
 */
export function momentAt(date: string, clock: string, timeZone: string): number {
  const wanted = Date.parse(`${date}T00:00Z`) + minuteOf(clock) * minuteMs;
  const shown = (at: number) => {
    const wall = wallTime(at, timeZone);
    return Date.parse(`${wall.date}T00:00Z`) + wall.minute * minuteMs;
  };
  const offset = (at: number) => shown(at) - at;
  const [before, after] = [wanted - offset(wanted - dayMs), wanted - offset(wanted + dayMs)];
  const exact = [before, after].filter((at) => shown(at) === wanted);
  return exact.length > 0 ? Math.min(...exact) : before;
}

/** The first moment after a day has ended there. */
export const endOfDay = (date: string, timeZone: string): number => momentAt(dayAfter(date), "00:00", timeZone);

/** A window that begins on a day, as moments. Null where the clock skips all of it. */
function windowOn(date: string, { starts, ends }: Window, timeZone: string): Interval | null {
  const lastDay = minuteOf(ends) > minuteOf(starts) ? date : dayAfter(date);
  const span = { from: momentAt(date, starts, timeZone), until: momentAt(lastDay, ends, timeZone) };
  return span.from < span.until ? span : null;
}

/** The days on which a shift begins that reaches into the span. */
function* beginnings(shift: WeeklyShift, span: Interval): Generator<string> {
  const last = wallTime(span.until, shift.timeZone).date;
  for (let date = dayBefore(dayBefore(wallTime(span.from, shift.timeZone).date)); date <= last; date = dayAfter(date))
    if (
      shift.weekdays.includes(weekdayOf(date)) &&
      date >= (shift.validFrom ?? date) &&
      date <= (shift.validUntil ?? date)
    )
      yield date;
}

const byBeginning = (a: Interval, b: Interval): number => a.from - b.from || a.until - b.until;
const touches = (a: Interval, b: Interval): boolean => a.from < b.until && b.from < a.until;

/**
 * When a reader is on shift, and on a break, within a span: what comes every week, and once on top, less where he is away. Shifts are not
 * cut at the span's edges: when one that runs began is what it is counted from. Two that follow each other stay two.
 *
 * @param changes in the order in which they were made: of two about the same time the later one counts.
 */
export function expandShifts(
  { weekly, changes }: { weekly: readonly WeeklyShift[]; changes: readonly ShiftChange[] },
  span: Interval,
): { shifts: Interval[]; breaks: Interval[] } {
  const shifts: Interval[] = [];
  const breaks: Interval[] = [];
  for (const shift of weekly)
    for (const date of beginnings(shift, span)) {
      const whole = windowOn(date, shift, shift.timeZone);
      if (!whole) continue;
      shifts.push(whole);
      for (const pause of shift.breaks) {
        // A break after midnight is the next day's.
        const day = minuteOf(pause.starts) < minuteOf(shift.starts) ? dayAfter(date) : date;
        const off = windowOn(day, pause, shift.timeZone);
        if (off) breaks.push({ from: Math.max(off.from, whole.from), until: Math.min(off.until, whole.until) });
      }
    }
  // One after the other: what was given away may come back by a later swap.
  let present = shifts;
  for (const { kind, from, until } of changes)
    present =
      kind === "extra" ? [...present, { from, until }] : present.flatMap((shift) => without(shift, [{ from, until }]));
  const away = changes.filter(({ kind }) => kind === "absence");
  const within = (each: Interval) => each.from < each.until && touches(each, span);
  return {
    shifts: distinct(present.filter(within)),
    breaks: distinct(breaks.flatMap((each) => without(each, away)).filter(within)),
  };
}

function without(whole: Interval, away: readonly Interval[]): Interval[] {
  let left = [whole];
  for (const gap of away)
    left = left.flatMap((each) =>
      touches(each, gap)
        ? [
            { from: each.from, until: gap.from },
            { from: gap.until, until: each.until },
          ].filter(({ from, until }) => from < until)
        : [each],
    );
  return left;
}

function distinct(intervals: Interval[]): Interval[] {
  const seen = new Map(intervals.map((each) => [`${each.from}-${each.until}`, { from: each.from, until: each.until }]));
  return [...seen.values()].sort(byBeginning);
}

/** Whether somebody is on shift for the whole of a span, by one shift or by several that follow each other. */
export function isOnShift(shifts: readonly Interval[], { from, until }: Interval): boolean {
  let reached = from;
  for (const shift of shifts.toSorted(byBeginning)) if (shift.from <= reached) reached = Math.max(reached, shift.until);
  return reached >= until;
}

/** The shift that runs; of two, the one that began last. */
export const runningShift = (shifts: readonly Interval[], now: number): Interval | undefined =>
  shifts
    .filter(({ from, until }) => from <= now && until > now)
    .toSorted(byBeginning)
    .at(-1);

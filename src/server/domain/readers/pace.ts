import { minuteMs } from "../assignment/engine/index.ts";

/** How fast a reader reads, from when he signed. Pure. */

/** Signed reports of one reader, in the order in which they were signed. */
export type Signed = { readerId: string; at: number; workUnits: number };

/** Of a group that has signed nothing yet. */
const usualMinutesPerWorkUnit = 6;
/** A longer pause between two signatures was no reading. */
const longestReadingMs = 45 * minuteMs;
/** Fewer signatures say nothing of a reader. */
const enough = 10;

/**
 * Minutes that a work unit takes: the time from one signature to the next, over what the next one counts for. A reader who has signed too
 * little is given the group's pace.
 */
export function paceOf(signed: readonly Signed[]): (readerId: string) => number {
  const sums = new Map<string, { minutes: number; workUnits: number; count: number }>();
  const add = (key: string, minutes: number, workUnits: number) => {
    const sum = sums.get(key) ?? { minutes: 0, workUnits: 0, count: 0 };
    sums.set(key, {
      minutes: sum.minutes + minutes,
      workUnits: sum.workUnits + workUnits,
      count: sum.count + 1,
    });
  };
  const last = new Map<string, number>();
  for (const { readerId, at, workUnits } of signed.toSorted((a, b) => a.at - b.at)) {
    const before = last.get(readerId);
    last.set(readerId, at);
    if (before === undefined || at - before > longestReadingMs || at === before) continue;
    for (const key of [readerId, ""]) add(key, (at - before) / minuteMs, workUnits);
  }
  const of = (key: string): number | null => {
    const sum = sums.get(key);
    if (!sum || sum.count < enough) return null;
    return Math.min(60, Math.max(0.5, sum.minutes / sum.workUnits));
  };
  const groups = of("") ?? usualMinutesPerWorkUnit;
  return (readerId) => of(readerId) ?? groups;
}

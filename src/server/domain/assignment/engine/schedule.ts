import { type Instant, minuteMs } from "./codes.ts";
import type { ClockWindow, Schedule } from "./rules.ts";
import { minuteOf, type WallTime, wallTime } from "./wall-clock.ts";

/**
 * Whether the wall clock stands inside the window: `from` inclusive, `until` exclusive. A window past midnight belongs to the day on which
 * it begins: Friday 22:00–06:00 holds on Saturday at 05:00 and not on Friday at 05:00.
 */
export function inWindow(
  window: Omit<ClockWindow, "days">,
  days: { today: boolean; yesterday: boolean },
  minute: number,
) {
  const [from, until] = [minuteOf(window.from), minuteOf(window.until)];
  if (from < until) return days.today && minute >= from && minute < until;
  return (days.today && minute >= from) || (days.yesterday && minute < until);
}

const isOpenOn = (windows: readonly ClockWindow[], { weekday, minute }: WallTime): boolean =>
  windows.some((window) =>
    inWindow(
      window,
      { today: window.days.includes(weekday), yesterday: window.days.includes(weekday === 1 ? 7 : weekday - 1) },
      minute,
    ),
  );

/** @param schedule null: always open. */
export const isOpen = (schedule: Schedule | null, at: Instant): boolean =>
  schedule === null || isOpenOn(schedule.windows, wallTime(at, schedule.timeZone));

/** When it opens or closes next, within eight days; null: never. By quarters of an hour, as no zone's offset is finer. */
export function nextChange(schedule: Schedule | null, at: Instant): Instant | null {
  if (schedule === null) return null;
  const open = isOpen(schedule, at);
  const quarter = 15 * minuteMs;
  for (let step = Math.floor(at / quarter) * quarter + quarter; step <= at + 8 * 96 * quarter; step += quarter) {
    if (isOpen(schedule, step) === open) continue;
    let change = step;
    while (change - minuteMs > at && isOpen(schedule, change - minuteMs) !== open) change -= minuteMs;
    return change;
  }
  return null;
}

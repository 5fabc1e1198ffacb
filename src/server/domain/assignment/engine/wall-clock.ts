import { type Instant, minuteMs } from "./codes.ts";

/** What a clock on the wall in a zone says. `weekday` 1 = Monday … 7 = Sunday; `minute` of the day; `date` as `YYYY-MM-DD`. */
export type WallTime = { date: string; weekday: number; minute: number };

const formats = new Map<string, Intl.DateTimeFormat>();
function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", {
      timeZone,
      calendar: "iso8601",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    formats.set(timeZone, format);
  }
  return format;
}

export function isTimeZone(name: string): boolean {
  try {
    return formatFor(name) !== undefined;
  } catch {
    return false;
  }
}

/** @param timeZone IANA name; one that is not known throws a RangeError. */
export function wallTime(instant: Instant, timeZone: string): WallTime {
  const part: Record<string, string> = {};
  for (const { type, value } of formatFor(timeZone).formatToParts(instant)) part[type] = value;
  const date = `${part.year}-${part.month}-${part.day}`;
  return { date, weekday: weekdayOf(date), minute: Number(part.hour) * 60 + Number(part.minute) };
}

/** @param date `YYYY-MM-DD`. */
export const weekdayOf = (date: string): number => new Date(`${date}T00:00Z`).getUTCDay() || 7;

/** The day before it, `YYYY-MM-DD`. */
export function dayBefore(date: string): string {
  return new Date(Date.parse(`${date}T00:00Z`) - 24 * 60 * minuteMs).toISOString().slice(0, 10);
}

/** Minute of the day of `HH:MM`. */
export const minuteOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

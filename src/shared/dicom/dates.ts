/**
 * Dates, times and moments as DICOM writes them (PS3.5 §6.2: DA, TM) and as displayed, the same on every screen and in
 * every document: `31 Jan 2024`, `13:45`, `31 Jan 2024, 13:45 GMT+1`. A month in letters is unambiguous.
 */
export type CalendarDate = { year: number; month: number; day: number };

const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Jan` for 1. */
export const monthName = (month: number): string => monthNames[month - 1] ?? "";

/**
 * @param text a DA, also as before 1993 (`1990.12.31`), or an ISO 8601 date (`1990-12-31`).
 * @returns null unless it is a day of the calendar.
 */
export function parseDate(text: string | null | undefined): CalendarDate | null {
  const match = /^(\d{4})([.-]?)(\d{2})\2(\d{2})$/.exec((text ?? "").trim());
  if (!match) return null;
  const [year, month, day] = [Number(match[1]), Number(match[3]), Number(match[4])];
  const date = utc({ year, month, day });
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
    ? { year, month, day }
    : null;
}

/** A DA value as days since 1970; `undefined` unless it is a real calendar date. */
export function daysOf(da: string): number | undefined {
  const date = parseDate(da);
  return date ? Math.floor(utc(date).getTime() / 86_400_000) : undefined;
}

function utc({ year, month, day }: CalendarDate): Date {
  const date = new Date(0);
  // Date.UTC takes years below 100 for those of the last century.
  date.setUTCFullYear(year, month - 1, day);
  return date;
}

/** `20240131` as `31 Jan 2024`. An invalid date is returned unchanged; empty for none. */
export function formatDate(text: string | null | undefined): string {
  const date = parseDate(text);
  return date ? `${date.day} ${monthName(date.month)} ${date.year}` : (text ?? "").trim();
}

/** `134502.5` as `13:45`; empty for anything but a time with minutes. */
export function formatTime(tm: string | null | undefined): string {
  const match = /^([01]\d|2[0-3]):?([0-5]\d)/.exec((tm ?? "").trim());
  return match ? `${match[1]}:${match[2]}` : "";
}

/**
 * The parts of a moment in a zone, numbers with two digits.
 *
 * @param timeZone IANA name; without one the machine's zone. An unknown one counts as UTC.
 */
export function momentParts(
  at: Date | number,
  timeZone?: string,
  timeZoneName: "short" | "longOffset" = "short",
): Record<"year" | "month" | "day" | "hour" | "minute" | "second" | "timeZoneName", string> {
  const options: Intl.DateTimeFormatOptions = {
    timeZoneName,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  };
  const parts = zonedFormat(timeZone, options).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.find((part) => part.type === type)?.value ?? "";
  return {
    year: of("year"),
    month: of("month"),
    day: of("day"),
    hour: of("hour"),
    minute: of("minute"),
    second: of("second"),
    timeZoneName: of("timeZoneName"),
  };
}

/** Made once: making one takes a hundred times as long as using it, and every row of a list is told its times each second. */
const formats = new Map<string, Intl.DateTimeFormat>();
/** A zone may be whatever an organisation has entered. */
const mostFormats = 500;

/** A format in a zone; UTC for an unknown zone, so that a facility with an invalid one does not break its row. */
export function zonedFormat(timeZone: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  // The machine's own zone may change under a running process.
  if (!timeZone) return makeFormat(undefined, options);
  const key = `${timeZone} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (!format) {
    if (formats.size >= mostFormats) formats.clear();
    format = makeFormat(timeZone, options);
    formats.set(key, format);
  }
  return format;
}

function makeFormat(timeZone: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, ...(timeZone ? { timeZone } : {}) });
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  }
}

/** A moment in a zone: `31 Jan 2024, 13:45 GMT+1`, or with seconds. */
export function formatMoment(at: Date | number, timeZone?: string, seconds = false): string {
  const { year, month, day, hour, minute, second, timeZoneName } = momentParts(at, timeZone);
  const clock = seconds ? `${hour}:${minute}:${second}` : `${hour}:${minute}`;
  return `${Number(day)} ${monthName(Number(month))} ${year}, ${clock} ${timeZoneName}`;
}

/** A moment in a zone as DA, TM and Timezone Offset From UTC (0008,0201). */
export function dicomMoment(at: Date, timeZone: string): { date: string; time: string; offset: string } {
  const p = momentParts(at, timeZone, "longOffset");
  const offset = p.timeZoneName.replace("GMT", "").replace(":", "") || "+0000";
  return { date: `${p.year}${p.month}${p.day}`, time: `${p.hour}${p.minute}${p.second}`, offset };
}

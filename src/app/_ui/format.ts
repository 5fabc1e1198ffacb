import {
  formatDate,
  formatMoment as formatMomentAt,
  momentParts,
  monthName,
  zonedFormat,
} from "@overread/shared/dicom/dates";
import { type PersonNameGroups, personNameWritings } from "@overread/shared/dicom/person-name";

/**
 * How times, ages, sizes and names are written on every page. Pure: the caller passes "now" and the time zone, so that
 * server, browser and tests give the same text.
 */

/** `20260314` → `14 Mar 2026`. An invalid date is shown unchanged; a missing one as `—`. */
export const formatDicomDate = (da: string | null | undefined): string => formatDate(da) || "—";

/** PS3.3 C.7.1.1: M, F, O; anything else is shown as unknown. */
export function formatSex(sex: string | null | undefined): string {
  return { M: "M", F: "F", O: "O" }[(sex ?? "").toUpperCase()] ?? "–";
}

export function sexLabel(sex: string | null | undefined): string {
  return { M: "male", F: "female", O: "other" }[(sex ?? "").toUpperCase()] ?? "sex not given";
}

type Instant = Date | string | number | null | undefined;
function toDate(instant: Instant): Date | null {
  if (instant === null || instant === undefined || instant === "") return null;
  const date = instant instanceof Date ? instant : new Date(instant);
  return Number.isNaN(date.getTime()) ? null : date;
}

const zoned = (date: Date, timeZone: string | undefined, options: Intl.DateTimeFormatOptions) =>
  zonedFormat(timeZone, options).format(date);

/** `12:40`, or `12:40:09` with seconds. */
export function formatClock(instant: Instant, timeZone?: string, seconds = false): string {
  const date = toDate(instant);
  if (!date) return "—";
  return zoned(date, timeZone, {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" as const } : {}),
    hour12: false,
  });
}

/** Date, time and zone for a tooltip: `Sat 21 Nov 2026, 12:40:09 America/Chicago`. */
export function formatExact(instant: Instant, timeZone?: string): string {
  const date = toDate(instant);
  if (!date) return "";
  const text = zoned(date, timeZone, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hour12: false,
  });
  return timeZone ? `${text} ${timeZone}` : text;
}

/** The zone's abbreviation at a moment, as our documents write it: `GMT-6`, `UTC`. Empty for an invalid moment. */
export function zoneName(instant: Instant, timeZone?: string): string {
  const date = toDate(instant);
  return date ? momentParts(date, timeZone).timeZoneName : "";
}

/**
 * A moment as our documents write it, with its zone: `26 Nov 2026, 06:40 GMT-6`. The only format for a date with a time
 * on screens, so that screen and PDF can be compared.
 */
export function formatMoment(instant: Instant, timeZone?: string, seconds = false): string {
  const date = toDate(instant);
  return date ? formatMomentAt(date, timeZone, seconds) : "—";
}

/** Relative near now, absolute beyond a day: `8 s ago`, `12 min ago`, `3 h ago`, `14 Nov 2026, 12:40 GMT+1`. */
export function formatAgo(instant: Instant, now: number, timeZone?: string): string {
  const date = toDate(instant);
  if (!date) return "never";
  const seconds = Math.round((now - date.getTime()) / 1000);
  if (seconds < 0) return `in ${formatSpan(-seconds * 1000)}`;
  if (seconds < 5) return "just now";
  if (seconds < 86_400) return `${formatSpan(seconds * 1000)} ago`;
  return formatMoment(date, timeZone);
}

/**
 * Within twelve hours of now the time, `01:20`, which is unambiguous; otherwise with the day, `25 Nov, 01:20`, and with
 * the year when it differs, `3 Jan 2027, 00:50`.
 */
export function formatWhen(instant: Instant, now: number, timeZone?: string): string {
  const date = toDate(instant);
  if (!date) return "—";
  const clock = formatClock(date, timeZone);
  if (Math.abs(now - date.getTime()) < 12 * 3_600_000) return clock;
  const { day, month, year } = momentParts(date, timeZone);
  const other = year !== momentParts(now, timeZone).year;
  return `${Number(day)} ${monthName(Number(month))}${other ? ` ${year}` : ""}, ${clock}`;
}

/** A duration in its largest sensible unit: `8 s`, `12 min`, `3 h 20 min`, `2 d`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} d`;
}

/** Remaining time of the lease: `14:32`, `0:09`. Never negative. */
export function formatRemaining(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** `1536000` → `1.5 MB` (decimal, as disks are sold). */
export function formatBytes(bytes: number | bigint | null | undefined): string {
  if (bytes === null || bytes === undefined) return "—";
  let value = Number(bytes);
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `1 image`, `2 images`, `1,024 images`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** A person name for a row: every representation that was sent, the first one emphasised. */
export function nameWritings(groups: PersonNameGroups): { main: string; others: string[] } {
  const [main = "Name not given", ...others] = personNameWritings(groups);
  return { main, others };
}

/** `CT Head without contrast` of a CT → `Head without contrast`. */
export function withoutModality(description: string, modalities: readonly string[]): string {
  const [first = "", ...rest] = description.trim().split(/\s+/);
  const repeated = rest.length > 0 && modalities.some((modality) => modality.toLowerCase() === first.toLowerCase());
  return repeated ? rest.join(" ") : description.trim();
}

import { daysOf, parseDate } from "./dates.ts";

/** What is known of a person's age: birth date (0010,0030) and, from the study, Patient's Age (0010,1010). */
export type KnownAge = { birthDate?: string | null | undefined; patientAge?: string | null | undefined };

/** The maximum age. An earlier birth date stands for "not known" (0001-01-01, 1850-01-01). */
const oldestYears = 130;

/**
 * The patient's age on the day of the study, in the unit a radiologist expects: days below four weeks, weeks below
 * three months, months below two years, then years. One function for every list, page and document.
 *
 * Patient's Age is used where the birth date is missing or impossible.
 *
 * @param at DA text of the study's date.
 * @returns e.g. `57 y`, `8 mo`, `9 w`, `3 d`; empty when nothing is known.
 */
export function ageAt(known: KnownAge, at: string | null | undefined): string {
  const span = spanOf(known.birthDate, at);
  if (!span) return statedAge(known.patientAge)?.text ?? "";
  const { days, months } = span;
  if (days < 28) return `${days} d`;
  if (months < 3) return `${Math.floor(days / 7)} w`;
  return months < 24 ? `${months} mo` : `${Math.floor(months / 12)} y`;
}

/** Whole years at the study; `undefined` when nothing is known. */
export function yearsAt(known: KnownAge, at: string | null | undefined): number | undefined {
  const span = spanOf(known.birthDate, at);
  return span ? Math.floor(span.months / 12) : statedAge(known.patientAge)?.years;
}

/** Whether a person seen at `at` (or today, where that is no date) can have been born on this day. */
export function isBirthDate(birthDate: string | null | undefined, at?: string | null): boolean {
  const today = new Date().toISOString().slice(0, 10).replaceAll("-", "");
  return spanOf(birthDate, parseDate(at) ? at : today) !== null;
}

function spanOf(
  birthDate: string | null | undefined,
  at: string | null | undefined,
): { days: number; months: number } | null {
  const [born, then] = [parseDate(birthDate), parseDate(at)];
  if (!born || !then) return null;
  const days = daysOf(at ?? "")! - daysOf(birthDate ?? "")!;
  if (days < 0) return null;
  const whole = (then.year - born.year) * 12 + then.month - born.month;
  const months = then.day < born.day ? whole - 1 : whole;
  return months > oldestYears * 12 ? null : { days, months };
}

/** An AS value (`045Y`) in words and years (PS3.5 §6.2). */
function statedAge(value: string | null | undefined): { text: string; years: number } | null {
  const match = /^(\d{1,3})([DWMY])$/i.exec((value ?? "").trim());
  if (!match) return null;
  const count = Number(match[1]);
  const unit = (match[2] as string).toUpperCase() as "D" | "W" | "M" | "Y";
  const years = Math.floor(count / { D: 365.25, W: 52.18, M: 12, Y: 1 }[unit]);
  if (years > oldestYears) return null;
  return { text: `${count} ${{ D: "d", W: "w", M: "mo", Y: "y" }[unit]}`, years };
}

import { reportLanguages } from "@overread/shared/report-languages";
import type { ServiceLevels } from "../_trpc/types.ts";
import { plural } from "./format.ts";

/** What a service level says, in words, on every screen. */

export type Terms = Pick<
  ServiceLevels["versions"][number],
  "holidays" | "lines" | "otherwise" | "firstReading" | "reportLanguage"
>;
export type Line = Terms["lines"][number];
type Names = (facilityId: string) => string;

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
export const priorityWords = { stat: "STAT", urgent: "urgent", routine: "routine" } as const;
export const patientClassWords = {
  emergency: "emergency",
  inpatient: "inpatient",
  outpatient: "outpatient",
  unknown: "patient class not known",
} as const;
export const dayWords = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

const either = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

/** Minutes as somebody says them: "20 minutes", "2 hours", "1 day". */
export function minutesInWords(minutes: number): string {
  if (minutes % 1440 === 0) return plural(minutes / 1440, "day");
  return minutes % 60 === 0 ? plural(minutes / 60, "hour") : plural(minutes, "minute");
}

function daysInWords(days: NonNullable<Line["windows"]>[number]["days"]): string {
  const numbers = days.filter((each) => each !== "holiday").sort();
  const key = numbers.join("");
  const known: Record<string, string> = {
    "1234567": "every day",
    "12345": "Monday to Friday",
    "67": "at weekends",
    "": "",
  };
  const weekdays = known[key] ?? either(numbers.map((each) => dayWords[each - 1] ?? ""));
  const holidays = days.includes("holiday")
    ? weekdays
      ? "and on holidays"
      : "on holidays"
    : key === "1234567"
      ? "but holidays"
      : "";
  return [weekdays, holidays].filter(Boolean).join(" ");
}

/** When a line holds, e.g. "every day but holidays 22:00 to 06:00". */
export const windowInWords = ({ days, from, until }: NonNullable<Line["windows"]>[number]): string =>
  from === until ? daysInWords(days) : `${daysInWords(days)} ${from} to ${until}`;

/** One line, e.g. "CT, STAT, emergency, every day and on holidays 22:00 to 06:00: 20 minutes". */
export function lineInWords(
  { facilityIds, modalities, priorities, patientClasses, windows, minutes }: Line,
  names: Names,
): string {
  const parts = [
    either(modalities),
    either(priorities.map((each) => priorityWords[each])),
    either(patientClasses.map((each) => patientClassWords[each])),
    windows ? either(windows.map(windowInWords)) : "",
    facilityIds.length > 0 ? `from ${either(facilityIds.map(names))}` : "",
  ].filter(Boolean);
  return `${parts.join(", ") || "Everything"}: ${minutesInWords(minutes)}`;
}

/** The whole of it, a sentence a line, in the order in which they decide. */
export function termsInWords(
  { holidays, lines, otherwise, firstReading, reportLanguage }: Terms,
  names: Names,
): string[] {
  return [
    ...(firstReading === "double" ? ["Read twice, independently; where the two differ a third reader decides"] : []),
    ...(firstReading === "preliminary" ? ["Read first as preliminary, then gone over by another reader"] : []),
    ...(reportLanguage ? [`Reports in ${reportLanguages[reportLanguage] ?? reportLanguage}`] : []),
    ...lines.map((each, index) => `${index + 1}. ${lineInWords(each, names)}`),
    ...(["stat", "urgent", "routine"] as const).map(
      (each) =>
        `${lines.length > 0 ? `Otherwise ${priorityWords[each]}` : capital(priorityWords[each])}: ${minutesInWords(otherwise[each])}`,
    ),
    ...holidays.map(
      ({ date, facilityIds }) =>
        `Holiday ${date}${facilityIds.length > 0 ? ` at ${either(facilityIds.map(names))}` : ""}`,
    ),
  ];
}

/** What changes from one to the other: sentences that go and sentences that come. */
export function changesInWords(before: Terms, after: Terms, names: Names): { gone: string[]; come: string[] } {
  const [old, now] = [termsInWords(before, names), termsInWords(after, names)];
  return { gone: old.filter((each) => !now.includes(each)), come: now.filter((each) => !old.includes(each)) };
}

/** Holidays as they are typed, a line each: the date, and the slugs of the facilities that keep it where not all do. */
export const typedHolidays = (holidays: Terms["holidays"], slugOf: Names): string =>
  holidays.map(({ date, facilityIds }) => [date, ...facilityIds.map(slugOf)].join(" ")).join("\n");

/** @returns null with a problem in words, where a line cannot be read. */
export function readHolidays(
  text: string,
  facilities: readonly { facilityId: string; slug: string }[],
): { holidays: Terms["holidays"]; problem: string | null } {
  const holidays: Terms["holidays"] = [];
  for (const line of text
    .split("\n")
    .map((each) => each.trim())
    .filter(Boolean)) {
    const [date = "", ...slugs] = line.split(/[\s,]+/);
    const day = new Date(`${date}T00:00Z`);
    if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date)
      return { holidays: [], problem: `“${line}” does not begin with a date as in 2026-12-25.` };
    const own = slugs.map((slug) => facilities.find((each) => each.slug === slug));
    if (own.includes(undefined)) return { holidays: [], problem: `“${line}” names a facility that is not there.` };
    holidays.push({ date, facilityIds: own.flatMap((each) => each?.facilityId ?? []) });
  }
  return { holidays, problem: null };
}

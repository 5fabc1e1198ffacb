import type { AgeBand, PatientClass, Priority, ReadType } from "./codes.ts";

/** What stands for an id or a code in a sentence; the engine itself knows no name. */
export type Names = (kind: "reader" | "group" | "facility" | "hospital" | "rule" | "procedure", id: string) => string;

/** Every code of the engine in English, in one place. A code without a word does not compile. */
export const words = {
  priority: { stat: "STAT", urgent: "urgent", routine: "routine" } satisfies Record<Priority, string>,
  patientClass: {
    emergency: "emergency patients",
    inpatient: "inpatients",
    outpatient: "outpatients",
    unknown: "patients of unknown class",
  } satisfies Record<PatientClass, string>,
  ageBand: {
    neonate: "newborns",
    infant: "infants",
    child: "children",
    adolescent: "adolescents",
    adult: "adults",
    senior: "people of 65 and above",
    unknown: "people of unknown age",
  } satisfies Record<AgeBand, string>,
  readType: {
    preliminary: "preliminary reading",
    final: "final reading",
    "over-read": "over-read",
  } satisfies Record<ReadType, string>,
};

const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** `1, 2, 3, 4, 5` as `Monday to Friday`; days that do not follow each other one by one. */
export function daysInWords(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  if (sorted.length === 7) return "every day";
  const [first, last] = [sorted[0] ?? 1, sorted.at(-1) ?? 1];
  const name = (day: number) => days[day - 1] ?? "";
  if (sorted.length > 2 && last - first === sorted.length - 1) return `${name(first)} to ${name(last)}`;
  return list(sorted.map(name), "and");
}

/** `a, b or c`. */
export function list(items: readonly string[], last: "and" | "or"): string {
  return items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} ${last} ${items.at(-1)}`;
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** `45 s`, `3 min`, `2 h`, `2 h 30 min`. */
export function durationInWords(seconds: number): string {
  if (seconds < 60 || (seconds < 600 && seconds % 60 !== 0)) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

import { z } from "zod";
import {
  code,
  type Instant,
  id,
  instant,
  minuteMs,
  type PatientClass,
  type Priority,
  patientClasses,
  priorities,
} from "./codes.ts";
import { clockTime } from "./rules.ts";
import { inWindow } from "./schedule.ts";
import { dayBefore, wallTime, weekdayOf } from "./wall-clock.ts";

/**
 * What a contract promises: minutes by facility, modality, priority, patient class, and by day and hour on the clock of the facility. A version is valid
 * from a date; a case keeps the one it was promised under. The first line that fits decides, `otherwise` where none does.
 */
const minutes = z
  .int()
  .min(1)
  .max(60 * 24 * 60);
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
/** Days 1 = Monday … 7 = Sunday; on a holiday only windows that name `holiday` hold, whatever weekday it is. */
const dayWindow = z.strictObject({
  days: z.array(z.union([z.int().min(1).max(7), z.literal("holiday")])).min(1),
  from: clockTime,
  until: clockTime,
});
/** Empty lists: any. `windows` null: at any time. */
const lineSchema = z.strictObject({
  facilityIds: z.array(id),
  modalities: z.array(code),
  priorities: z.array(z.enum(priorities)),
  patientClasses: z.array(z.enum(patientClasses)),
  windows: z.array(dayWindow).min(1).nullable(),
  minutes,
});
export const serviceLevelSchema = z.strictObject({
  id,
  contractId: id,
  validFrom: instant,
  validUntil: instant.nullable(),
  /** Dates on the facility's calendar; without facilities: at all of them. */
  holidays: z.array(z.strictObject({ date, facilityIds: z.array(id) })),
  lines: z.array(lineSchema),
  otherwise: z.strictObject({ stat: minutes, urgent: minutes, routine: minutes }),
});
export type ServiceLevel = z.infer<typeof serviceLevelSchema>;
type Line = ServiceLevel["lines"][number];

export type Arrival = {
  facilityId: string;
  /** IANA name, of the facility. */
  timeZone: string;
  modalities: readonly string[];
  priority: Priority;
  patientClass: PatientClass;
  arrivedAt: Instant;
};
/** `line`: which one decided, null: `otherwise`. Minutes are real ones: a night in which the clocks change is an hour shorter or longer. */
export type Promised = { serviceLevelId: string; line: number | null; minutes: number; promisedAt: Instant };

/** What is promised for a study that arrives. @param versions of the contract in force. @returns null: none of them is valid at that moment. */
export function promiseFor(arrival: Arrival, versions: readonly ServiceLevel[]): Promised | null {
  const { arrivedAt } = arrival;
  const valid = versions.filter(
    (each) => each.validFrom <= arrivedAt && (each.validUntil ?? arrivedAt + 1) > arrivedAt,
  );
  // Of two that are valid, the one that began last.
  const version = valid.sort((a, b) => b.validFrom - a.validFrom || (a.id < b.id ? -1 : 1))[0];
  if (!version) return null;
  const line = version.lines.findIndex((each) => fits(each, arrival, version));
  const promised = version.lines[line]?.minutes ?? version.otherwise[arrival.priority];
  return {
    serviceLevelId: version.id,
    line: line === -1 ? null : line,
    minutes: promised,
    promisedAt: arrivedAt + promised * minuteMs,
  };
}

function fits(line: Line, arrival: Arrival, version: ServiceLevel): boolean {
  const among = <T>(wanted: readonly T[], values: readonly T[]) =>
    wanted.length === 0 || values.some((each) => wanted.includes(each));
  return (
    among(line.facilityIds, [arrival.facilityId]) &&
    among(line.modalities, arrival.modalities) &&
    among(line.priorities, [arrival.priority]) &&
    among(line.patientClasses, [arrival.patientClass]) &&
    (line.windows === null || line.windows.some((each) => holds(each, arrival, version)))
  );
}

function holds(
  window: NonNullable<Line["windows"]>[number],
  { arrivedAt, timeZone, facilityId }: Arrival,
  version: ServiceLevel,
) {
  const { date: today, minute } = wallTime(arrivedAt, timeZone);
  const isHoliday = (day: string) =>
    version.holidays.some(
      (each) => each.date === day && (each.facilityIds.length === 0 || each.facilityIds.includes(facilityId)),
    );
  const named = (day: string) => window.days.includes(isHoliday(day) ? "holiday" : weekdayOf(day));
  return inWindow(window, { today: named(today), yesterday: named(dayBefore(today)) }, minute);
}

/** What modules that fill the snapshot need of the engine: its words, its wall clock, its types. They come before the verbs of assignment. */
export { type CaseClock, readClock } from "./case-clock.ts";
export {
  ageBands,
  code,
  minuteMs,
  type PatientClass,
  type Priority,
  type PrivilegeLevel,
  patientClasses,
  priorities,
  privilegeLevels,
  readTypes,
} from "./codes.ts";
export { type Arrival, promiseFor, type ServiceLevel, serviceLevelSchema } from "./service-level.ts";
export type { ReaderFacts, Snapshot, WorkUnitTable } from "./snapshot.ts";
export { dayBefore, isTimeZone, minuteOf, wallTime, weekdayOf } from "./wall-clock.ts";
export { workUnitsBy } from "./work-units.ts";

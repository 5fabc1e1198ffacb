/** What modules that fill the snapshot need of the engine: its words, its wall clock, its types. They come before the verbs of assignment. */
export {
  ageBands,
  code,
  minuteMs,
  type PrivilegeLevel,
  privilegeLevels,
  readTypes,
} from "./codes.ts";
export type { ReaderFacts, Snapshot, WorkUnitTable } from "./snapshot.ts";
export { dayBefore, isTimeZone, minuteOf, wallTime, weekdayOf } from "./wall-clock.ts";
export { workUnitsBy } from "./work-units.ts";

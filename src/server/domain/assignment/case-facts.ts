import { yearsAt } from "@overread/shared/dicom/age";
import { daysOf, parseDate } from "@overread/shared/dicom/dates";
import { type AgeBand, code, type PatientClass, type ReadType } from "./engine/codes.ts";

/** What rows say of a case, in the engine's words: of a case that is open now and of one that was read long ago alike. */

/** HL7 table 0004. */
const classes: Readonly<Record<string, PatientClass>> = {
  E: "emergency",
  I: "inpatient",
  O: "outpatient",
  P: "outpatient",
};
export const patientClassOf = (letter: string | null | undefined): PatientClass => classes[letter ?? ""] ?? "unknown";

/** By age on the day of the study, in whole days and years. */
export function ageBandOf(birthDate: string, studyDate: string): AgeBand {
  const years = yearsAt({ birthDate }, studyDate);
  if (years === undefined || !parseDate(birthDate)) return "unknown";
  const days = (daysOf(studyDate) ?? 0) - (daysOf(birthDate) ?? 0);
  if (days <= 28) return "neonate";
  if (years < 1) return "infant";
  if (years <= 12) return "child";
  if (years <= 17) return "adolescent";
  return years <= 64 ? "adult" : "senior";
}

export const isCode = (value: string | null): value is string => code.safeParse(value).success;

/** What a contract asks for first; `double`: two readings that know nothing of each other. */
export type FirstReading = "final" | "preliminary" | "double";

/**
 * What a case needs next: after a preliminary report, or the first reading of two, a second person's look; before it what its contract asks for
 * first.
 */
export const readTypeOf = (hasPreliminary: boolean, firstReading: FirstReading | null): ReadType =>
  hasPreliminary ? "over-read" : firstReading === "double" ? "preliminary" : (firstReading ?? "final");

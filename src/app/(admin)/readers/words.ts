import { reportLanguages } from "@overread/shared/report-languages";
import type { Inputs, Outputs } from "../../_trpc/types.ts";

/** Words of the pages about readers. A code without its line does not compile. */

export type ReaderView = Outputs["readers"]["get"];
export type ReadersAnswer = Outputs["readers"]["list"];
export type ReaderListItem = ReadersAnswer["items"][number];
type Profile = Inputs["readers"]["saveProfile"];
type Subspecialty = Profile["subspecialties"][number];
type Level = Inputs["readers"]["grantPrivilege"]["level"];

export const levelWords: Record<Level, string> = {
  none: "Nothing",
  view: "View images",
  draft: "Draft reports",
  report: "Sign reports",
};
export const readTypeWords: Record<Profile["readTypes"][number], string> = {
  preliminary: "Preliminary",
  final: "Final",
  "over-read": "Over-read",
};
export const ageBandWords: Record<Subspecialty["ageBands"][number], string> = {
  neonate: "Up to 28 days",
  infant: "Up to 1 year",
  child: "1 to 12 years",
  adolescent: "13 to 17 years",
  adult: "18 to 64 years",
  senior: "65 years and over",
  unknown: "Age not known",
};
export const regionWords: Record<Subspecialty["bodyRegions"][number], string> = {
  head: "Head",
  neck: "Neck",
  chest: "Chest",
  breast: "Breast",
  abdomen: "Abdomen",
  pelvis: "Pelvis",
  spine: "Spine",
  "upper limb": "Upper limb",
  "lower limb": "Lower limb",
  "whole body": "Whole body",
};
export const modalities = ["CR", "CT", "DX", "MG", "MR", "NM", "PT", "RF", "US", "XA"];
export const licenceStateWords: Record<ReaderView["licences"][number]["state"], string> = {
  valid: "Valid",
  "not-yet": "Not yet valid",
  ended: "Ended",
  removed: "Given up",
};
export const outcomeWords: Record<Inputs["readers"]["checkLicence"]["outcome"], string> = {
  confirmed: "Confirmed",
  differs: "Differs from what is on file",
  "not-found": "Not found",
};
export const swapWords: Record<ReaderView["swaps"][number]["state"], string> = {
  asked: "Waits for an answer",
  agreed: "Agreed",
  refused: "Refused",
  withdrawn: "Withdrawn",
};
export const csvFaultWords: Record<Outputs["readers"]["importWorkUnits"]["faults"][number]["fault"], string> = {
  head: "The first line must read: kind,code,workUnits,effort",
  columns: "There must be four columns",
  kind: "The kind is one of procedure, modality, otherwise",
  code: "The code cannot be used as it is",
  "work-units": "Work units are a number above 0, up to 1000",
  effort: "Effort is a number above 0, of a procedure only, or empty",
  twice: "This code stands further up already",
  "no-otherwise": "A line is missing: otherwise,,1,",
  "too-many": "There are more than 20,000 lines",
};

const dayNames = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
export const weekdayName = (weekday: number): string => dayNames[weekday - 1] ?? "";
/** `Every day`, `Mon–Fri`, `Sat, Sun`. */
export function weekdaysInWords(weekdays: readonly number[]): string {
  const sorted = weekdays.toSorted((a, b) => a - b);
  if (sorted.length === 7) return "Every day";
  const runs: number[][] = [];
  for (const day of sorted) {
    const last = runs.at(-1);
    if (last && last.at(-1) === day - 1) last.push(day);
    else runs.push([day]);
  }
  return runs
    .map((run) =>
      run.length > 2 ? `${weekdayName(run[0]!)}–${weekdayName(run.at(-1)!)}` : run.map(weekdayName).join(", "),
    )
    .join(", ");
}
export const languageName = (tag: string): string => reportLanguages[tag] ?? tag;

/** A procedure as the engine takes it: a code, or words without commas. */
export const isProcedure = (text: string): boolean => /^[\p{L}\p{N}][\p{L}\p{N} ._/-]{0,63}$/u.test(text);
/** `MR of head, spine, of children`: one line of what a reader is trained for. */
export function subspecialtyInWords({
  modalities: made,
  bodyRegions,
  ageBands,
  procedures = [],
}: Subspecialty): string {
  const regions = bodyRegions.map((each) => regionWords[each].toLowerCase()).join(", ");
  const ages = ageBands.map((each) => ageBandWords[each].toLowerCase()).join(", ");
  return [
    made.length > 0 ? made.join(", ") : "Any modality",
    regions && `of ${regions}`,
    ages && `(${ages})`,
    procedures.length > 0 && `where the procedure is ${procedures.join(" or ")}`,
  ]
    .filter(Boolean)
    .join(" ");
}

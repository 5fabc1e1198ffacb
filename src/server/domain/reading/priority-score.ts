import { yearsAt } from "@overread/shared/dicom/age";
import type { CasePriority, CaseState } from "#server/db/generated/enums.ts";
import { regionsOf } from "./body-regions.ts";
import { isWaiting } from "./case-conditions.ts";
import type { PriorityReason } from "./shapes.ts";

export type ScoredCase = {
  state: CaseState;
  priority: CasePriority;
  dueAt: Date;
  /** Since when it waits to be read. */
  waitingSince: Date;
  modalities: string[];
  bodyParts: string[];
  studyDescription: string;
  patientBirthDate: string;
  studyDate: string;
};

const minute = 60_000;
/** Waiting counts in half hours. */
const waitStepMinutes = 30;
/** Minutes before the due time at which a case moves up. The words stay true until the next step, unlike a countdown. */
const dueSteps = [
  { minutes: 30, points: 200, text: "Due within 30 minutes" },
  { minutes: 120, points: 100, text: "Due within 2 hours" },
  { minutes: 480, points: 50, text: "Due within 8 hours" },
] as const;

/**
 * How early a case should be read, and why, in words that stand on the case. Higher is earlier. The class the
 * hospital asked for outweighs everything but a missed due time; within a class the due time, the examination and
 * the wait decide.
 */
export function scorePriority(row: ScoredCase, now: Date): { score: number; reasons: PriorityReason[] } {
  if (!isWaiting(row)) return { score: 0, reasons: [] };
  const reasons: PriorityReason[] = [];
  const add = (text: string, points: number) => reasons.push({ text, points });

  if (row.priority === "stat") add("STAT", 1000);
  else if (row.priority === "urgent") add("Urgent", 500);
  else add("Routine", 100);

  const minutesLeft = (row.dueAt.getTime() - now.getTime()) / minute;
  if (minutesLeft < 0) add("Overdue", 600);
  else {
    const step = dueSteps.find(({ minutes }) => minutesLeft <= minutes);
    if (step) add(step.text, step.points);
  }

  const regions = regionsOf(row.bodyParts, row.studyDescription);
  if (row.modalities.includes("CT") && regions.includes("head")) add("CT of the head", 80);
  else if (
    row.modalities.includes("CT") &&
    regions.includes("chest") &&
    /\b(pe|ctpa|embol)/i.test(row.studyDescription)
  )
    add("CT for pulmonary embolism", 60);
  if (/\b(stroke|trauma|bleed|haemorrhage|hemorrhage|aneurysm|dissection)\b/i.test(row.studyDescription))
    add("The request names an emergency", 60);

  const years = yearsAt({ birthDate: row.patientBirthDate }, row.studyDate);
  if (years !== undefined && years < 1) add("Patient under 1 year", 60);
  else if (years !== undefined && years < 16) add("Patient under 16 years", 30);

  const steps = Math.min(12, Math.floor(minutesWaited(row, now) / waitStepMinutes));
  if (steps > 0) add(`Waiting over ${waited(steps)}`, steps * 5);

  return { score: reasons.reduce((sum, { points }) => sum + points, 0), reasons };
}

/** When the score will next change by itself; null when only an event can change it. */
export function nextScoreChange(row: ScoredCase, now: Date): Date | null {
  if (!isWaiting(row)) return null;
  // A step counts from its very moment on; overdue only behind it.
  const due = [...dueSteps.map(({ minutes }) => row.dueAt.getTime() - minutes * minute), row.dueAt.getTime() + 1];
  const step = Math.floor(minutesWaited(row, now) / waitStepMinutes) + 1;
  const wait = step <= 12 ? [row.waitingSince.getTime() + step * waitStepMinutes * minute] : [];
  const next = [...due, ...wait].filter((at) => at > now.getTime()).sort((a, b) => a - b)[0];
  return next === undefined ? null : new Date(next);
}

function minutesWaited(row: ScoredCase, now: Date): number {
  return Math.max(0, (now.getTime() - row.waitingSince.getTime()) / minute);
}

/** @param steps of half an hour. */
function waited(steps: number): string {
  if (steps === 1) return "30 minutes";
  return steps === 2 ? "1 hour" : `${steps / 2} hours`;
}

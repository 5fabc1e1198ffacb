import { yearsAt } from "@overread/shared/dicom/age";
import { type Reason, reason } from "@overread/shared/reasons";
import type { CasePriority, CaseState } from "#server/db/generated/enums.ts";
import { regionsOf } from "./body-regions.ts";
import { isWaiting } from "./case-conditions.ts";
import type { PriorityReason } from "./shapes.ts";

export type ScoredCase = {
  state: CaseState;
  priority: CasePriority;
  dueAt: Date;
  /** When it became ready to read. */
  waitingSince: Date;
  modalities: string[];
  bodyParts: string[];
  studyDescription: string;
  patientBirthDate: string;
  studyDate: string;
};

const minute = 60_000;
/** Waiting time counts in half hours. */
const waitStepMinutes = 30;
/**
 * Minutes before the due time at which a case moves up. The reason's text stays true until the next step, unlike a
 * countdown.
 */
const dueSteps = [
  { minutes: 30, points: 200 },
  { minutes: 120, points: 100 },
  { minutes: 480, points: 50 },
] as const;

/**
 * How early a case should be read, and why; the reasons are shown on the case. Higher is earlier. The requested
 * priority outweighs everything but a missed due time; within a class the due time, the examination and the waiting
 * time decide.
 */
export function scorePriority(row: ScoredCase, now: Date): { score: number; reasons: PriorityReason[] } {
  if (!isWaiting(row)) return { score: 0, reasons: [] };
  const reasons: PriorityReason[] = [];
  const add = (why: Reason, points: number) => reasons.push({ ...why, points });

  add(reason("asked-for", { priority: row.priority }), { stat: 1000, urgent: 500, routine: 100 }[row.priority]);

  const minutesLeft = (row.dueAt.getTime() - now.getTime()) / minute;
  if (minutesLeft < 0) add(reason("overdue"), 600);
  else {
    const step = dueSteps.find(({ minutes }) => minutesLeft <= minutes);
    if (step) add(reason("due-within", { minutes: step.minutes }), step.points);
  }

  const regions = regionsOf(row.bodyParts, row.studyDescription);
  if (row.modalities.includes("CT") && regions.includes("head")) add(reason("head-ct"), 80);
  else if (
    row.modalities.includes("CT") &&
    regions.includes("chest") &&
    /\b(pe|ctpa|embol)/i.test(row.studyDescription)
  )
    add(reason("pulmonary-embolism-ct"), 60);
  if (/\b(stroke|trauma|bleed|haemorrhage|hemorrhage|aneurysm|dissection)\b/i.test(row.studyDescription))
    add(reason("emergency-named"), 60);

  const years = yearsAt({ birthDate: row.patientBirthDate }, row.studyDate);
  if (years !== undefined && years < 1) add(reason("patient-under", { years: 1 }), 60);
  else if (years !== undefined && years < 16) add(reason("patient-under", { years: 16 }), 30);

  const steps = Math.min(12, Math.floor(minutesWaited(row, now) / waitStepMinutes));
  if (steps > 0) add(reason("waiting-over", { minutes: steps * waitStepMinutes }), steps * 5);

  return { score: reasons.reduce((sum, { points }) => sum + points, 0), reasons };
}

/** When the score will next change by itself; null when only an event can change it. */
export function nextScoreChange(row: ScoredCase, now: Date): Date | null {
  if (!isWaiting(row)) return null;
  // A step applies from its very moment on; overdue only after it.
  const due = [...dueSteps.map(({ minutes }) => row.dueAt.getTime() - minutes * minute), row.dueAt.getTime() + 1];
  const step = Math.floor(minutesWaited(row, now) / waitStepMinutes) + 1;
  const wait = step <= 12 ? [row.waitingSince.getTime() + step * waitStepMinutes * minute] : [];
  const next = [...due, ...wait].filter((at) => at > now.getTime()).sort((a, b) => a - b)[0];
  return next === undefined ? null : new Date(next);
}

function minutesWaited(row: ScoredCase, now: Date): number {
  return Math.max(0, (now.getTime() - row.waitingSince.getTime()) / minute);
}

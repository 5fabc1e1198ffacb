import { daysOf } from "@overread/shared/dicom/dates";
import { type Reason, reason } from "@overread/shared/reasons";
import { areNeighbours, regionsOf, sideOf } from "./body-regions.ts";

export type ComparedStudy = { modalities: string[]; bodyParts: string[]; studyDescription: string; studyDate: string };

/**
 * How much an earlier study helps to read this one, 0–100, and why. What was imaged counts most, then how, then
 * how long ago.
 */
export function priorRelevance(current: ComparedStudy, prior: ComparedStudy): { relevance: number; reasons: Reason[] } {
  const reasons: Reason[] = [];
  let relevance = 10;

  const modality = prior.modalities.find((m) => current.modalities.includes(m));
  if (modality) {
    relevance += 25;
    reasons.push(reason("same-modality", { modality }));
  }

  const here = regionsOf(current.bodyParts, current.studyDescription);
  const there = regionsOf(prior.bodyParts, prior.studyDescription);
  const same = here.filter((region) => there.includes(region));
  if (same.length > 0) {
    relevance += 35;
    reasons.push(reason("same-region", { regions: same }));
  } else if (here.some((a) => there.some((b) => areNeighbours(a, b)))) {
    relevance += 15;
    reasons.push(reason("neighbouring-region", { regions: there }));
  }

  const [side, otherSide] = [sideOf(current.studyDescription), sideOf(prior.studyDescription)];
  if (side && side === otherSide) {
    relevance += 10;
    reasons.push(reason("same-side", { side }));
  } else if (side && otherSide) {
    relevance -= 20;
    reasons.push(reason("other-side", { side: otherSide }));
  }

  const [now, then] = [daysOf(current.studyDate), daysOf(prior.studyDate)];
  if (now !== undefined && then !== undefined) {
    const days = now - then;
    relevance += days <= 90 ? 20 : days <= 365 ? 15 : days <= 3 * 365 ? 8 : 0;
    reasons.push(reason("earlier", { days }));
  }
  return { relevance: Math.max(0, Math.min(100, relevance)), reasons };
}

export type Acquired = { hasPictures: boolean; acquiredModalities: string[]; modalities: string[] };
/** Two studies do not share a modality because both contain a dose report or one of our reports. */
export const asAcquired = <T extends Acquired>(study: T): T =>
  study.hasPictures ? { ...study, modalities: study.acquiredModalities } : study;

export type Dated = { studyDate: string; studyTime: string; firstReceivedAt: Date };
/** By the modality's own date and time; without one, by the arrival of the first image. */
export function isEarlier(study: Dated, current: Dated): boolean {
  if (!study.studyDate || !current.studyDate) return study.firstReceivedAt < current.firstReceivedAt;
  if (study.studyDate !== current.studyDate) return study.studyDate < current.studyDate;
  if (study.studyTime && current.studyTime && study.studyTime !== current.studyTime)
    return study.studyTime < current.studyTime;
  return study.firstReceivedAt < current.firstReceivedAt;
}

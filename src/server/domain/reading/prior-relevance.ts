import { daysOf } from "@overread/shared/dicom/dates";
import { areNeighbours, regionsOf, sideOf } from "./body-regions.ts";

export type ComparedStudy = { modalities: string[]; bodyParts: string[]; studyDescription: string; studyDate: string };

/**
 * How much an earlier study helps to read this one, 0–100, and why. What was imaged counts most, then how, then
 * how long ago.
 */
export function priorRelevance(current: ComparedStudy, prior: ComparedStudy): { relevance: number; reasons: string[] } {
  const reasons: string[] = [];
  let relevance = 10;

  const modality = prior.modalities.find((m) => current.modalities.includes(m));
  if (modality) {
    relevance += 25;
    reasons.push(`Same modality (${modality})`);
  }

  const here = regionsOf(current.bodyParts, current.studyDescription);
  const there = regionsOf(prior.bodyParts, prior.studyDescription);
  const same = here.filter((region) => there.includes(region));
  if (same.length > 0) {
    relevance += 35;
    reasons.push(`Same region (${same.join(", ")})`);
  } else if (here.some((a) => there.some((b) => areNeighbours(a, b)))) {
    relevance += 15;
    reasons.push(`Neighbouring region (${there.join(", ")})`);
  }

  const [side, otherSide] = [sideOf(current.studyDescription), sideOf(prior.studyDescription)];
  if (side && side === otherSide) {
    relevance += 10;
    reasons.push(`Same side (${side})`);
  } else if (side && otherSide) {
    relevance -= 20;
    reasons.push(`Other side (${otherSide})`);
  }

  const [now, then] = [daysOf(current.studyDate), daysOf(prior.studyDate)];
  if (now !== undefined && then !== undefined) {
    const days = now - then;
    relevance += days <= 90 ? 20 : days <= 365 ? 15 : days <= 3 * 365 ? 8 : 0;
    reasons.push(howLongBefore(days));
  }
  return { relevance: Math.max(0, Math.min(100, relevance)), reasons };
}

function howLongBefore(days: number): string {
  if (days === 0) return "Same day";
  if (days < 60) return `${days} ${days === 1 ? "day" : "days"} earlier`;
  if (days < 730) return `${Math.round(days / 30.44)} months earlier`;
  return `${Math.floor(days / 365.25)} years earlier`;
}

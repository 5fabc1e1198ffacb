import { isDerived, mayHavePictures } from "@overread/shared/dicom/modalities";
import type { SeriesForViewing } from "./types.ts";

/** Whether a series is expected to hold images, by its modality; its metadata decides. */
export function mayHaveImages(series: SeriesForViewing): boolean {
  return mayHavePictures(series.modality);
}

/** The series a study opens with: the first by number with images that is no scout. */
export function openingSeries(all: readonly SeriesForViewing[]): SeriesForViewing | null {
  const candidates = all.filter(mayHaveImages);
  const shown = candidates.filter((series) => !isMinor(series));
  return byNumber(shown.length > 0 ? shown : candidates)[0] ?? null;
}

/** Documents that have words or pages to show. */
const readable = new Set(["DOC", "SR", "KO"]);

/** The document a study without any images opens with, by series number; null where images are possible. */
export function openingDocument(all: readonly SeriesForViewing[]): SeriesForViewing | null {
  if (all.some(mayHaveImages)) return null;
  const ordered = byNumber(all);
  return ordered.find((series) => readable.has(series.modality)) ?? ordered[0] ?? null;
}

/**
 * The prior's series most like the one shown: same modality, common words in the description, similar number of images.
 */
export function matchingSeries(
  shown: SeriesForViewing,
  candidates: readonly SeriesForViewing[],
): SeriesForViewing | null {
  let best: SeriesForViewing | null = null;
  let bestScore = Number.NEGATIVE_INFINITY;
  const wanted = words(shown.seriesDescription);
  for (const series of byNumber(candidates.filter(mayHaveImages))) {
    const theirs = words(series.seriesDescription);
    const common = [...wanted].filter((word) => theirs.has(word)).length;
    const ratio =
      Math.min(series.numberOfInstances, shown.numberOfInstances) /
      Math.max(1, series.numberOfInstances, shown.numberOfInstances);
    const score =
      (series.modality === shown.modality ? 10 : 0) + common * 2 + ratio - (isScout(series) !== isScout(shown) ? 5 : 0);
    if (score > bestScore) {
      best = series;
      bestScore = score;
    }
  }
  return best;
}

/** A localizer or a series made out of others: nothing that a study is opened with. */
export const isMinor = (series: SeriesForViewing): boolean => isScout(series) || isDerived(series.modality);

function isScout(series: SeriesForViewing): boolean {
  return /scout|topogram|localizer|localiser|surview|scanogram|smartprep|dose/i.test(series.seriesDescription ?? "");
}

/** Sorted by Series Number. */
export function byNumber(series: readonly SeriesForViewing[]): SeriesForViewing[] {
  return [...series].sort((a, b) => (a.seriesNumber ?? Number.MAX_VALUE) - (b.seriesNumber ?? Number.MAX_VALUE));
}

function words(description: string | null): Set<string> {
  return new Set((description ?? "").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}

import { mayHaveImages } from "./matching-series.ts";
import type { LoadedSeries } from "./series-store.ts";
import { createStore } from "./store.ts";
import type { Coverage, SeriesCoverage, SeriesForViewing, StudyForViewing } from "./types.ts";

export const createCoverage = (): Coverage => createStore({ series: [] as readonly SeriesCoverage[] });

/**
 * @param studies those that the report is of. No priors: what of them is compared is for the reader to choose.
 * @param loaded null for a series that was never opened: nothing of it was shown.
 */
export function coverageOf(
  studies: readonly StudyForViewing[],
  loaded: (study: StudyForViewing, series: SeriesForViewing) => Pick<LoadedSeries, "frames"> | null,
  isSeen: (frame: LoadedSeries["frames"][number]) => boolean,
): SeriesCoverage[] {
  return studies.flatMap((study) =>
    study.series.filter(mayHaveImages).flatMap((series) => {
      const frames = loaded(study, series)?.frames;
      const total = frames ? frames.length : series.numberOfInstances;
      if (total === 0) return [];
      const { seriesInstanceUid, seriesNumber, seriesDescription: description, modality } = series;
      const shown = frames?.filter(isSeen).length ?? 0;
      return [{ seriesInstanceUid, seriesNumber, description, modality, total, shown }];
    }),
  );
}

/** `12 of 102 images of series 3, Thorax` was not shown; what was shown whole is left out. */
export function unseenInWords(series: readonly SeriesCoverage[]): string[] {
  return series.flatMap(({ seriesNumber, description, modality, total, shown }) => {
    if (shown >= total) return [];
    const name = seriesNumber === null ? (description ?? `a ${modality} series`) : `series ${seriesNumber}`;
    const named = seriesNumber !== null && description ? `${name}, ${description}` : name;
    if (shown > 0) return [`${total - shown} of ${total} images of ${named}`];
    return [total === 1 ? `the image of ${named}` : `all ${total} images of ${named}`];
  });
}

/** An image in the bar beside the stack. */
export type ImageState = "away" | "here" | "shown";

/** The states of a stack in order, as stretches of equal ones; of a long stack, several images to a step. */
export function stretches(
  states: readonly ImageState[],
  most = 200,
): { state: ImageState; from: number; to: number }[] {
  const steps = Math.min(most, states.length);
  const merged: { state: ImageState; from: number; to: number }[] = [];
  for (let step = 0; step < steps; step++) {
    const [from, to] = [Math.floor((step * states.length) / steps), Math.floor(((step + 1) * states.length) / steps)];
    const part = states.slice(from, to);
    // A step says the least of what it stands for.
    const state = part.includes("away") ? "away" : part.includes("here") ? "here" : "shown";
    const last = merged.at(-1);
    if (last?.state === state) last.to = to;
    else merged.push({ state, from, to });
  }
  return merged;
}

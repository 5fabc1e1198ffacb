import { loadFrame, start } from "./cornerstone.ts";
import { openingIndex, stackOpening } from "./hanging.ts";
import { openingSeries } from "./matching-series.ts";
import { expectNext, loadSeries } from "./series-store.ts";
import type { StudyForViewing } from "./types.ts";

/**
 * Fetches what the viewer shows first of a study that is opened next: the metadata of its opening series, and the image with which that opens. Behind
 * everything that the page itself asks for.
 *
 * @throws {ViewerError}
 */
export async function warmStudy(study: StudyForViewing): Promise<void> {
  const series = openingSeries(study.series);
  if (!expectNext(study) || !series) return;
  const [loaded] = await Promise.all([loadSeries(study, series), start()]);
  const frame = loaded.frames[openingIndex(loaded, stackOpening())];
  if (frame) await loadFrame(frame, false);
}

import { loadFrame, start } from "./cornerstone.ts";
import { expectNext, loadSeries } from "./series-store.ts";
import { type CellId, isCurrent, seriesOf } from "./session/cell.ts";
import { openLoaded } from "./session/hang.ts";
import { initialState } from "./session/initial-state.ts";
import { activeCell, filledCells } from "./session/places.ts";
import type { SessionState } from "./session/state.ts";
import type { ViewerProps } from "./types.ts";

/** What a viewer is opened with, as far as it decides what is shown first. */
export type Opening = Pick<ViewerProps, "current" | "priors" | "protocols">;

/** Of a screen of many cells, so many are fetched: mammograms are four, and large. */
const cellsAtMost = 4;

/**
 * Fetches what the viewer shows first of a study that is opened next, as the hanging protocol lays it out: the active cell's series and the image with
 * which it opens, then those of the other cells of this study. Behind everything that the page itself asks for.
 *
 * @throws {ViewerError}
 */
export async function warmStudy(opening: Opening): Promise<void> {
  if (!expectNext(opening.current)) return;
  const state = initialState(opening, false);
  const active = activeCell(state);
  const cells = filledCells(state).flatMap(([id, cell]) => (isCurrent(state, cell) ? [id] : []));
  const others = cells.filter((id) => id !== active);
  for (const id of [...cells.filter((each) => each === active), ...others].slice(0, cellsAtMost))
    await warmCell(state, id);
}

async function warmCell(state: SessionState, id: CellId): Promise<void> {
  const { current } = state.studies;
  const series = seriesOf(current, state.cells[id]?.source.series ?? null);
  if (!series) return;
  const [whole] = await Promise.all([loadSeries(current, series), start()]);
  const opened = openLoaded(state, id, whole, null).cells[id];
  const frame = opened?.loaded?.frames[opened.presentation.index];
  if (frame) await loadFrame(frame, false);
}

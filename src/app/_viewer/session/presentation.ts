import { presetOn } from "../hanging.ts";
import { playbackOf } from "../playback.ts";
import { windowPerImage } from "../presets.ts";
import type { LoadedSeries } from "../series-store.ts";
import type { ImagePointer } from "../types.ts";
import type { Voi } from "../voi.ts";
import { type Cell, type CellId, defaultPresentation, type Presentation } from "./cell.ts";
import { linkedTargets, relink, takeBackMoves } from "./links.ts";
import { activeCell, filledCells } from "./places.ts";
import type { SessionState } from "./state.ts";

/** Index of an image in a series; -1 when it is not there. */
export function indexOfImage({ frames }: Pick<LoadedSeries, "frames">, image: ImagePointer): number {
  return frames.findIndex(
    (frame) => frame.sopInstanceUid === image.sopInstanceUid && frame.frameNumber === image.frameNumber,
  );
}

/** The window requested for a cell's image; null is the one it opens with. */
export function currentWindow({ loaded, presentation }: Cell, index = presentation.index): Voi | null {
  return loaded && windowPerImage(loaded.modality) ? (presentation.windows[index] ?? null) : presentation.window;
}

/** The state with a changed presentation of one cell. */
export function withPresentation(state: SessionState, id: CellId, change: Partial<Presentation>): SessionState {
  const cell = state.cells[id];
  return cell
    ? { ...state, cells: { ...state.cells, [id]: { ...cell, presentation: { ...cell.presentation, ...change } } } }
    : state;
}

/**
 * Moves a cell to an image, and its linked cells with it. With `alone` the others stay, and the cell is linked anew at
 * its new image.
 */
export function goToImage(state: SessionState, id: CellId, index: number, alone = false): SessionState {
  const cell = state.cells[id];
  const length = cell?.loaded?.frames.length ?? 0;
  const wanted = Math.max(0, Math.min(length - 1, index));
  if (!cell || length === 0) return state;
  if (wanted === cell.presentation.index) return alone ? relink(state, id, true) : state;
  const next = withPresentation(state, id, { index: wanted });
  if (alone) return relink(next, id, true);
  return linkedTargets(next, id, wanted).reduce(
    (each, [other, at]) => withPresentation(each, other, { index: at }),
    next,
  );
}

/** Sets the window of an image, or of its stack; null is the window as sent. */
function withWindow(state: SessionState, id: CellId, window: Voi | null): SessionState {
  const cell = state.cells[id];
  if (!cell?.loaded) return state;
  const { [cell.presentation.index]: _replaced, ...others } = cell.presentation.windows;
  const windows = window ? { ...others, [cell.presentation.index]: window } : others;
  return withPresentation(
    state,
    id,
    windowPerImage(cell.loaded.modality) ? { windows, given: null } : { window, given: null },
  );
}

/**
 * Records the window on the screen, as reported by the viewport. Of CT, where a number means the same in every study, a compared study's follows as
 * long as both show the same one.
 */
export function recordWindow(state: SessionState, id: CellId, index: number, window: Voi): SessionState {
  const cell = state.cells[id];
  if (!cell?.loaded) return state;
  if (windowPerImage(cell.loaded.modality))
    return withPresentation(state, id, { windows: { ...cell.presentation.windows, [index]: window } });
  const before = cell.presentation.window;
  const follows = ([, other]: [CellId, Cell]) =>
    other.source.study !== cell.source.study &&
    other.loaded?.modality === "CT" &&
    sameWindow(other.presentation.window, before);
  const linked = state.linked && id === activeCell(state) && cell.loaded.modality === "CT" && before !== null;
  return (linked ? filledCells(state).filter(follows) : []).reduce(
    (each, [other]) => withWindow(each, other, window),
    withPresentation(state, id, { window }),
  );
}

const sameWindow = (a: Voi | null, b: Voi | null): boolean =>
  a !== null && b !== null && !a.lut && !b.lut && a.center === b.center && a.width === b.width;

/** Takes back what the reader moved a cell by against the others, and puts it where the active one is. */
export function takeBackOffset(state: SessionState, id: CellId): SessionState {
  const level = takeBackMoves(state, id);
  const active = activeCell(level);
  const index = level.cells[active]?.presentation.index ?? 0;
  const target = linkedTargets(level, active, index).find(([other]) => other === id)?.[1];
  return target === undefined ? level : withPresentation(level, id, { index: target });
}

/**
 * A number key: applies the window to the active cell and to the linked cells of the same modality that show another
 * study. Two series of one study are meant to look different, so they are left alone.
 */
export function applyPreset(state: SessionState, key: string): SessionState {
  const active = activeCell(state);
  const cell = state.cells[active];
  if (!cell) return state;
  const asked = key === "0" ? null : presetOn(cell, key, null);
  if (asked === undefined) return state;
  const compared = ([, other]: [CellId, Cell]) => state.linked && other.source.study !== cell.source.study;
  return filledCells(state)
    .filter(compared)
    .reduce(
      (each, [id, other]) => {
        const same = other.loaded?.modality === cell.loaded?.modality ? presetOn(other, key, asked) : undefined;
        return same === undefined ? each : withWindow(each, id, same);
      },
      withWindow(state, active, asked),
    );
}

/** Resets window, polarity and camera; image and cine rate stay. */
export function resetPresentation(state: SessionState, id: CellId): SessionState {
  const { index, playing, fps } = state.cells[id]?.presentation ?? defaultPresentation;
  return withPresentation(state, id, { ...defaultPresentation, index, playing, fps });
}

/** Starts or stops the cine loop; does nothing for a single image. */
export function togglePlayback(state: SessionState, id: CellId): SessionState {
  const cell = state.cells[id];
  if (!cell?.loaded) return state;
  const { first, last } = playbackOf(cell.loaded.frames, cell.presentation.index);
  return withPresentation(state, id, { playing: !cell.presentation.playing && last > first });
}

import { presetOn } from "../hanging.ts";
import { playbackOf } from "../playback.ts";
import { windowPerImage } from "../presets.ts";
import type { LoadedSeries } from "../series-store.ts";
import type { ImagePointer } from "../types.ts";
import type { Voi } from "../voi.ts";
import { type Cell, type CellId, freshLook, type Look } from "./cell.ts";
import { followers, relinked } from "./links.ts";
import { activeCell, filledCells } from "./places.ts";
import type { SessionState } from "./state.ts";

/** Place of an image in a series; -1 when it is not there. */
export function indexOfImage({ frames }: LoadedSeries, image: ImagePointer): number {
  return frames.findIndex(
    (frame) => frame.sopInstanceUid === image.sopInstanceUid && frame.frameNumber === image.frameNumber,
  );
}

/** The window a cell's image is wished to be seen with; null is as it opens. */
export function windowNow({ loaded, look }: Cell, index = look.index): Voi | null {
  return loaded && windowPerImage(loaded.modality) ? (look.windows[index] ?? null) : look.window;
}

/** A cell looked at otherwise. */
export function looked(state: SessionState, id: CellId, change: Partial<Look>): SessionState {
  const cell = state.cells[id];
  return cell ? { ...state, cells: { ...state.cells, [id]: { ...cell, look: { ...cell.look, ...change } } } } : state;
}

/** A cell goes to an image, and the linked ones with it; alone, it is then linked as it stands. */
export function gone(state: SessionState, id: CellId, index: number, alone = false): SessionState {
  const cell = state.cells[id];
  const length = cell?.loaded?.frames.length ?? 0;
  const wanted = Math.max(0, Math.min(length - 1, index));
  if (!cell || length === 0) return state;
  if (wanted === cell.look.index) return alone ? relinked(state, id, true) : state;
  const next = looked(state, id, { index: wanted });
  if (alone) return relinked(next, id, true);
  return followers(next, id, wanted).reduce((each, [other, at]) => looked(each, other, { index: at }), next);
}

/** Gives an image, or the stack that it belongs to, a window; null is as sent. */
function windowed(state: SessionState, id: CellId, window: Voi | null): SessionState {
  const cell = state.cells[id];
  if (!cell?.loaded) return state;
  const { [cell.look.index]: _before, ...others } = cell.look.windows;
  const windows = window ? { ...others, [cell.look.index]: window } : others;
  return looked(state, id, windowPerImage(cell.loaded.modality) ? { windows, given: null } : { window, given: null });
}

/** The window on the screen, as its viewport tells: of one image, or of the stack. */
export function seenWith(state: SessionState, id: CellId, index: number, window: Voi): SessionState {
  const cell = state.cells[id];
  if (!cell?.loaded) return state;
  return looked(
    state,
    id,
    windowPerImage(cell.loaded.modality) ? { windows: { ...cell.look.windows, [index]: window } } : { window },
  );
}

/**
 * A number key: the window of the active cell, and the same one of what it is compared with: linked cells of its modality
 * that show another study. Two series of one study stand beside each other to be seen differently.
 */
export function preset(state: SessionState, key: string): SessionState {
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
        return same === undefined ? each : windowed(each, id, same);
      },
      windowed(state, active, asked),
    );
}

/** The whole image as it opens; where one is and how fast a loop plays stay. */
export function reset(state: SessionState, id: CellId): SessionState {
  const { index, playing, fps } = state.cells[id]?.look ?? freshLook;
  return looked(state, id, { ...freshLook, index, playing, fps });
}

/** Plays a loop, or stops it; what is no loop stands still. */
export function played(state: SessionState, id: CellId): SessionState {
  const cell = state.cells[id];
  if (!cell?.loaded) return state;
  const { first, last } = playbackOf(cell.loaded.frames, cell.look.index);
  return looked(state, id, { playing: !cell.look.playing && last > first });
}

import type { KeptPresentation, KeptWindow } from "@overread/shared/measurements/markup";
import type { LoadedSeries } from "../series-store.ts";
import type { Voi } from "../voi.ts";
import { type Cell, type CellId, defaultPresentation, type Presentation, studyOf } from "./cell.ts";
import { filledCells } from "./places.ts";
import { indexOfImage, withPresentation } from "./presentation.ts";
import type { SessionState } from "./state.ts";

/**
 * How the series on the screen are looked at, over what was kept of others: one entry for each series. What looks as it
 * was sent is not kept.
 */
export function presentationsOf(state: SessionState, before: readonly KeptPresentation[]): KeptPresentation[] {
  const all = new Map(before.map((each) => [each.image.seriesInstanceUid, each]));
  for (const [, cell] of filledCells(state)) {
    const series = cell.source.series;
    const study = studyOf(state, cell.source.study);
    // Planes through a volume are not the images that came.
    if (cell.kind !== "stack" || !cell.loaded || !series || !study || study.lentBy || isWaiting(state, series))
      continue;
    const now = presentationOf(cell, cell.loaded, study.studyInstanceUid);
    if (now) all.set(series, now);
    else all.delete(series);
  }
  return [...all.values()].sort((a, b) => (a.image.seriesInstanceUid < b.image.seriesInstanceUid ? -1 : 1));
}

const isWaiting = ({ looked }: SessionState, series: string): boolean =>
  looked.some(({ image }) => image.seriesInstanceUid === series);

function presentationOf(
  { presentation: shown }: Cell,
  { frames }: LoadedSeries,
  studyInstanceUid: string,
): KeptPresentation | null {
  const { camera, inverted, index } = shown;
  const window = keptWindow(shown.window);
  const windows = Object.entries(shown.windows).flatMap(([at, voi]) => {
    const [frame, each] = [frames[Number(at)], keptWindow(voi)];
    return frame && each
      ? [{ sopInstanceUid: frame.sopInstanceUid, frameNumber: frame.frameNumber, window: each }]
      : [];
  });
  const frame = frames[index];
  if (!frame || (!window && windows.length === 0 && !inverted && !camera)) return null;
  const { seriesInstanceUid, sopInstanceUid, sopClassUid, frameNumber } = frame;
  return {
    image: { studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid, frameNumber },
    window,
    windows: windows.slice(0, 500),
    inverted,
    camera: camera && { ...camera, pan: [camera.pan[0], camera.pan[1]] },
  };
}

/** A table of the image has no centre and width: it comes with the image again. */
function keptWindow(voi: Voi | null): KeptWindow | null {
  return voi && !voi.lut && voi.width > 0 ? { center: voi.center, width: voi.width, shape: voi.shape } : null;
}

/** What was kept of a series, for the cell that opens it first; empty where nothing was. */
export function keptFor(state: SessionState, { series, frames }: LoadedSeries): Partial<Presentation> {
  const kept = state.looked.find(({ image }) => image.seriesInstanceUid === series.seriesInstanceUid);
  if (!kept) return {};
  const windows = kept.windows.flatMap(({ window, ...image }) => {
    const at = indexOfImage({ frames }, { ...image, seriesInstanceUid: series.seriesInstanceUid });
    return at < 0 ? [] : [[at, { ...window, lut: null }] as const];
  });
  return {
    window: kept.window && { ...kept.window, lut: null },
    windows: Object.fromEntries(windows),
    inverted: kept.inverted,
    camera: kept.camera,
  };
}

/** The state without what was kept of a series: it has been opened, and from here on the reader decides. */
export function lookedAt(state: SessionState, { series }: LoadedSeries): SessionState {
  const looked = state.looked.filter(({ image }) => image.seriesInstanceUid !== series.seriesInstanceUid);
  return looked.length === state.looked.length ? state : { ...state, looked };
}

/** Takes over what was kept: at once where a series is open and has not been touched, later where it is not open yet. */
export function withKept(state: SessionState, looked: readonly KeptPresentation[]): SessionState {
  const waiting = { ...state, looked };
  return filledCells(waiting).reduce(
    (each, [id, { loaded }]) => (loaded ? shownAgain(each, id, loaded) : each),
    waiting,
  );
}

function shownAgain(state: SessionState, id: CellId, loaded: LoadedSeries): SessionState {
  const cell = state.cells[id];
  if (cell?.kind !== "stack") return state;
  const { window, windows, inverted, camera } = cell.presentation;
  const untouched =
    window === defaultPresentation.window && Object.keys(windows).length === 0 && !inverted && camera === null;
  return lookedAt(untouched ? withPresentation(state, id, keptFor(state, loaded)) : state, loaded);
}

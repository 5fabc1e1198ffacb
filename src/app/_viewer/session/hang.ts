import { openingIndex, priorIndex, priorWindow, type Shown } from "../hanging.ts";
import { byNumber, matchingSeries, mayHaveImages, openingDocument, openingSeries } from "../matching-series.ts";
import { playbackOf } from "../playback.ts";
import type { LoadedSeries } from "../series-store.ts";
import type { ImagePointer, SeriesForViewing, StudyForViewing } from "../types.ts";
import { ViewerError } from "../viewer-error.ts";
import type { Voi } from "../voi.ts";
import {
  type Cell,
  type CellId,
  defaultPresentation,
  isCurrent,
  type Source,
  seriesOf,
  studyKey,
  studyOf,
} from "./cell.ts";
import { keptFor, lookedAt } from "./kept.ts";
import { relink, unlink } from "./links.ts";
import { activeCell, cellAt, cellIdsOf, currentCell, filledCells, priorCell } from "./places.ts";
import { openPlanes } from "./planes.ts";
import { currentWindow, indexOfImage } from "./presentation.ts";
import type { SessionState } from "./state.ts";

/** Makes a cell the target of keys and tools. */
export function activate(state: SessionState, id: CellId): SessionState {
  const lastCurrent = isCurrent(state, state.cells[id]) ? id : state.lastCurrent;
  return state.active === id && state.lastCurrent === lastCurrent ? state : { ...state, active: id, lastCurrent };
}

/** Puts a series into a cell and clears what the cell held about the previous one. */
export function hangSeries(
  state: SessionState,
  id: CellId,
  study: StudyForViewing,
  series: SeriesForViewing | null,
  {
    at = null,
    frames = null,
    asked = null,
    fit = null,
    plane = null,
  }: {
    at?: ImagePointer | null | undefined;
    frames?: readonly string[] | null;
    asked?: Voi | null;
    fit?: Cell["fit"];
    plane?: Cell["plane"];
  } = {},
): SessionState {
  const source: Source = { study: studyKey(study), series: series?.seriesInstanceUid ?? null, frames };
  const cell: Cell = {
    kind: plane ? "plane" : "stack",
    plane,
    source,
    loaded: null,
    problem: series ? null : noPictures(study),
    at,
    asked,
    fit,
    presentation: defaultPresentation,
    presets: [],
  };
  return unlink({ ...state, cells: { ...state.cells, [id]: cell } }, id);
}

function noPictures(study: StudyForViewing): ViewerError {
  return new ViewerError("not-there", study.series.length > 0 ? "No images in this study." : "No images have arrived.");
}

/**
 * Hangs a prior in a cell with the series that matches the current study. A prior without images shows its document
 * beside the cells.
 */
export function hangPrior(
  state: SessionState,
  id: CellId,
  study: StudyForViewing,
  chosen?: SeriesForViewing,
  at?: ImagePointer,
): SessionState {
  const beside = currentCell(state);
  const shown = seriesOf(state.studies.current, (beside && state.cells[beside]?.source.series) ?? null);
  const series = chosen ?? (shown ? matchingSeries(shown, study.series) : openingSeries(study.series));
  const document = series ? null : openingDocument(study.series);
  const next = hangSeries(state, id, study, series, { at });
  return document ? { ...next, document: { study, series: document } } : next;
}

/**
 * The cell for a prior: the one that shows a prior already, else an empty one, else a second cell of a 1×2 layout, else
 * the cell after the active one.
 */
export function cellForPrior(state: SessionState): [SessionState, CellId] {
  const shown = priorCell(state);
  if (shown) return [state, shown];
  const { rows, columns } = state.layout;
  if (rows * columns === 1) return [{ ...state, layout: { rows: 1, columns: 2 }, maximized: false }, cellAt(1, 2)];
  const places = cellIdsOf(state.layout);
  const from = places.indexOf(activeCell(state));
  const after = places.map((_, i) => places[(from + 1 + i) % places.length] as CellId);
  return [{ ...state, maximized: false }, after.find((id) => !state.cells[id]) ?? (after[0] as CellId)];
}

/** Removes the priors from the cells; a layout of two goes back to one. */
export function removePriors(state: SessionState): SessionState {
  const priors = filledCells(state).flatMap(([id, cell]) => (isCurrent(state, cell) ? [] : [id]));
  const cells = Object.fromEntries(Object.entries(state.cells).filter(([id]) => !priors.includes(id as CellId)));
  const { rows, columns } = state.layout;
  const layout = rows === 1 && columns === 2 && priors.includes(cellAt(1, 2)) ? { rows: 1, columns: 1 } : state.layout;
  const next = priors.reduce(unlink, { ...state, cells, layout, maximized: false });
  return activate(next, currentCell(next) ?? activeCell(next));
}

/**
 * The cell for a chosen series: the active one. In a layout of one or two cells, where each side belongs to one study,
 * a series goes to the side of its study, and a prior opens a second cell.
 */
export function cellForSeries(state: SessionState, study: StudyForViewing): [SessionState, CellId] {
  const active = activeCell(state);
  const cell = state.cells[active];
  const current = studyKey(study) === studyKey(state.studies.current);
  if (!cell || isCurrent(state, cell) === current || cellIdsOf(state.layout).length > 2) return [state, active];
  if (!current) return cellForPrior(state);
  return [state, currentCell(state) ?? active];
}

/** Fills empty cells with the series of the current study that no cell shows, in their order. */
export function fillEmptyCells(state: SessionState): SessionState {
  const { current } = state.studies;
  const shown = new Set(filledCells(state).map(([, { source }]) => source.series));
  const waiting = byNumber(current.series.filter(mayHaveImages)).filter((each) => !shown.has(each.seriesInstanceUid));
  const empty = cellIdsOf(state.layout).filter((id) => !state.cells[id]);
  return empty
    .slice(0, waiting.length)
    .reduce((each, id, i) => hangSeries(each, id, current, waiting[i] ?? null), state);
}

/** The series before or after the one a cell shows, within its study; null at the ends. */
export function adjacentSeries(state: SessionState, cell: Cell, by: 1 | -1): SeriesForViewing | null {
  const study = studyOf(state, cell.source.study);
  const all = byNumber((study?.series ?? []).filter(mayHaveImages));
  const now = all.findIndex((series) => series.seriesInstanceUid === cell.source.series);
  return all[now + by] ?? null;
}

/** The series an empty cell begins with: the current study's first going forward, its last going back. */
export function outermostSeries(state: SessionState, by: 1 | -1): SeriesForViewing | null {
  return byNumber(state.studies.current.series.filter(mayHaveImages)).at(by === 1 ? 0 : -1) ?? null;
}

/** A cell's series has loaded: chooses the image it opens with, and the window when it is not the series' own. */
export function openLoaded(
  state: SessionState,
  id: CellId,
  whole: LoadedSeries,
  opening: LoadedSeries | null,
): SessionState {
  const cell = state.cells[id];
  if (!cell) return state;
  const { frames: wanted } = cell.source;
  const loaded = wanted
    ? { ...whole, frames: whole.frames.filter(({ sopInstanceUid }) => wanted.includes(sopInstanceUid)) }
    : whole;
  // The modality suggests images, but the series holds documents only: an encapsulated PDF with modality OT.
  if (loaded.frames.length === 0 && loaded.others.length > 0) {
    const problem = new ViewerError("not-there", "No images in this series. Its document is shown beside.");
    const document = { study: loaded.study, series: loaded.series };
    return { ...state, document, cells: { ...state.cells, [id]: { ...cell, problem } } };
  }
  if (cell.plane) return openPlanes(state, id, loaded);
  const found = cell.at ? indexOfImage(loaded, cell.at) : -1;
  const hang = isCurrent(state, cell)
    ? { index: openingIndex(loaded, state.stackOpening), given: null }
    : besideCurrent(state, loaded, opening);
  const index = found >= 0 ? found : hang.index;
  const rate = playbackOf(loaded.frames, index).rate ?? (loaded.modality === "US" ? 25 : 12);
  const presentation = {
    ...defaultPresentation,
    index,
    given: cell.asked ?? hang.given,
    fps: Math.max(1, Math.min(60, Math.round(rate))),
    ...keptFor(state, loaded),
  };
  const opened = { ...state, cells: { ...state.cells, [id]: { ...cell, loaded, at: null, presentation } } };
  return relink(lookedAt(opened, loaded), id, false);
}

function besideCurrent(state: SessionState, prior: LoadedSeries, opening: LoadedSeries | null) {
  const id = currentCell(state);
  const cell = id ? state.cells[id] : undefined;
  const shown: Shown | undefined = cell && {
    loaded: cell.loaded,
    index: cell.presentation.index,
    voi: currentWindow(cell),
  };
  return {
    index: priorIndex(prior, shown, state.stackOpening),
    given: priorWindow(prior, shown, opening),
  };
}

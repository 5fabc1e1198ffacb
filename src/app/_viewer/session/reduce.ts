import { openingSeries } from "../matching-series.ts";
import { presetsFor } from "../presets.ts";
import type { ImagePointer } from "../types.ts";
import type { Action, Effect, ViewportReport } from "./actions.ts";
import { type Cell, type CellId, isCurrent, type Studies, seriesOf, studyKey, studyOf } from "./cell.ts";
import { defaultPrior, questionBefore, studyOfSeries } from "./doubt.ts";
import {
  activate,
  adjacentSeries,
  cellForPrior,
  cellForSeries,
  fillEmptyCells,
  hangPrior,
  hangSeries,
  openLoaded,
  outermostSeries,
  removePriors,
} from "./hang.ts";
import { withKept } from "./kept.ts";
import { relinkAll } from "./links.ts";
import { activeCell, cellsInView, cellsToStepThrough, filledCells, maxLayoutSize, priorCell } from "./places.ts";
import {
  followPaging,
  planeCells,
  withCrossAt,
  withoutPlanes,
  withPlane,
  withPlanes,
  withTurnedPlanes,
} from "./planes.ts";
import {
  applyPreset,
  goToImage,
  indexOfImage,
  recordWindow,
  resetPresentation,
  takeBackOffset,
  togglePlayback,
  withPresentation,
} from "./presentation.ts";
import { hangingOf, protocolOf, showStage } from "./stages.ts";
import type { SessionState } from "./state.ts";

export type Step = { state: SessionState; effects: readonly Effect[] };

const undoLimit = 20;

/** Actions that change what is shown where; undo reverts these. */
const undoable: ReadonlySet<Action["type"]> = new Set([
  "set-layout",
  "step-stage",
  "choose-protocol",
  "open",
  "put",
  "step-series",
  "toggle-prior",
  "choose-prior",
  "toggle-planes",
  "set-plane",
  "turn-planes",
  "jump",
  "preset",
  "invert",
  "reset",
  "take-back-offset",
]);

/** The next state, and the side effects to run. The only place that decides what is shown. */
export function reduce(state: SessionState, action: Action): Step {
  const question = questionBefore(state, action);
  if (question) return withEffects({ ...state, question });
  const step = followed(state, next(state, action));
  const changed = step.state.cells !== state.cells || step.state.layout !== state.layout;
  if (!undoable.has(action.type) || !changed || step.state.past !== state.past) return step;
  const { layout, cells, active, maximized, links, hanging } = state;
  const past = [...state.past, { layout, cells, active, maximized, links, hanging }].slice(-undoLimit);
  return { ...step, state: { ...step.state, past } };
}

function followed(before: SessionState, { state, effects }: Step): Step {
  return { state: followPaging(before, state), effects };
}

function withEffects(state: SessionState, ...effects: Effect[]): Step {
  return { state, effects };
}

function next(state: SessionState, action: Action): Step {
  const active = activeCell(state);
  switch (action.type) {
    case "set-layout": {
      const bounded = (count: number) => Math.max(1, Math.min(maxLayoutSize, Math.trunc(count)));
      const layout = { rows: bounded(action.rows), columns: bounded(action.columns) };
      return withEffects(fillEmptyCells({ ...state, layout, maximized: false }));
    }
    case "step-stage": {
      const { hanging } = state;
      if (!hanging) return withEffects(state);
      const { length } = protocolOf(hanging).stages;
      return withEffects(showStage(state, (hanging.stage + action.by + length) % length));
    }
    case "choose-protocol":
      return withEffects(showStage(state, action.stage, action.chosen));
    case "toggle-maximized": {
      const seen = action.cell ? activate(state, action.cell) : state;
      return withEffects({
        ...seen,
        maximized: !state.maximized && seen.cells[activeCell(seen)] !== undefined && cellsInView(state).length > 1,
      });
    }
    case "activate":
      return withEffects(activate(state, action.cell));
    case "next-cell": {
      const shown = cellsToStepThrough(state);
      const place = shown.indexOf(active) + action.by;
      return withEffects(activate(state, shown[(place + shown.length) % shown.length] ?? active));
    }
    case "open": {
      const { study, series, at } = action;
      const [roomy, id] = cellForSeries(state, study);
      return withEffects(activate(hangSeries(roomy, id, study, series, { at }), id));
    }
    case "put": {
      const { cell, study, series, frames = null } = action;
      return withEffects(activate(hangSeries(state, cell, study, series, { frames }), cell));
    }
    case "step-series":
      return withEffects(stepped(state, active, action.by));
    case "toggle-planes": {
      if (state.compact) return withEffects(state);
      if (state.aside && planeCells(state).length > 0) return withEffects(withoutPlanes(state));
      const shown = withPlanes(state);
      if (!("refused" in shown)) return withEffects(shown);
      const marked = { cell: active, message: shown.refused, taken: false };
      return withEffects({ ...state, marked }, { type: "fade-mark", afterMs: 12_000 });
    }
    case "set-plane":
      return withEffects(withPlane(state, action.cell, action));
    case "turn-planes":
      return withEffects(withTurnedPlanes(state, action.cell, action.degrees));
    case "cross":
      return withEffects(withCrossAt(state, action.cell, action.at));
    case "toggle-prior": {
      if (priorCell(state)) return withEffects(removePriors(state));
      const study = defaultPrior(state);
      return study ? reduce(state, { type: "choose-prior", study }) : withEffects(state);
    }
    case "choose-prior": {
      const [roomy, id] = action.cell ? [state, action.cell] : cellForPrior(state);
      return withEffects(hangPrior(roomy, id, action.study));
    }
    case "answer": {
      const { question } = state;
      const answered = withEffects({ ...state, question: null });
      return question && action.yes ? { ...answered, effects: [{ type: "accept", ...question }] } : answered;
    }
    case "accepted":
      return reduce({ ...state, accepted: [...state.accepted, studyKey(action.study)] }, action.pending);
    case "not-accepted":
      // The confirmation could not be recorded, so the prior is not shown and the reader is asked again.
      return withEffects({ ...state, question: { study: action.study, pending: action.pending } });
    case "open-document":
      return withEffects({ ...state, document: { study: action.study, series: action.series } });
    case "close-document":
      return withEffects({ ...state, document: null });
    case "scroll": {
      const { cell, images, alone = false } = action;
      const seen = activate(state, cell);
      const shown = seen.cells[cell];
      // Series of one image each, as in radiography and mammography, are paged like slices.
      if (shown?.loaded?.frames.length === 1) return withEffects(stepped(seen, cell, images > 0 ? 1 : -1));
      return withEffects(goToImage(seen, cell, (shown?.presentation.index ?? 0) + images, alone));
    }
    case "go":
      return withEffects(goToImage(state, action.cell, action.index));
    case "jump":
      return withEffects(jumped(state, action.to));
    case "preset":
      return withEffects(applyPreset(state, action.key));
    case "zoom":
      return withEffects(state, { type: "move", cell: action.cell, how: { zoomBy: action.factor } });
    case "invert":
      return withEffects(withPresentation(state, active, { inverted: !state.cells[active]?.presentation.inverted }));
    case "flip":
    case "rotate":
      return withEffects(state, { type: "move", cell: active, how: action.type });
    case "reset":
      return withEffects(resetPresentation(state, active), { type: "move", cell: active, how: "reset" });
    case "toggle-cine":
      return withEffects(togglePlayback(state, active));
    case "set-fps":
      return withEffects(withPresentation(state, active, { fps: Math.max(1, Math.min(60, action.fps)) }));
    case "set-tool":
      return withEffects({ ...state, tool: action.tool }, { type: "choose-tool" });
    case "toggle-link":
      return withEffects(relinkAll({ ...state, linked: !state.linked }));
    case "take-back-offset": {
      const moved = action.cell ? [action.cell] : filledCells(state).map(([id]) => id);
      return withEffects(moved.filter((id) => id !== active).reduce(takeBackOffset, state));
    }
    case "toggle-stack-opening":
      return withEffects(
        { ...state, stackOpening: state.stackOpening === "first" ? "middle" : "first" },
        { type: "keep-stack-opening" },
      );
    case "mark":
      return withEffects(state, { type: "mark", cell: active });
    case "marked": {
      const { cell, refused } = action;
      const marked = { cell, message: refused ?? "Key image added", taken: refused === null };
      return withEffects({ ...state, marked }, { type: "fade-mark", afterMs: refused === null ? 1500 : 6000 });
    }
    case "unmark":
      return withEffects({ ...state, marked: null });
    case "measurements":
      return withEffects({ ...state, measurements: action.all, lost: action.lost });
    case "kept":
      return withEffects(withKept(state, action.looked));
    case "take-measurement":
      return withEffects(state, { type: "take-measurement", measurement: action.measurement });
    case "remove-measurement":
      return withEffects(state, { type: "remove-measurement", id: action.id ?? null });
    case "retry": {
      const cell = state.cells[action.cell];
      if (cell?.loaded) return withEffects(state, { type: "refetch", cell: action.cell });
      return withEffects(cell ? withCell(state, action.cell, { source: { ...cell.source }, problem: null }) : state);
    }
    case "undo": {
      const before = state.past.at(-1);
      return withEffects(before ? { ...state, ...before, past: state.past.slice(0, -1) } : state);
    }
    case "studies":
      return withEffects(withStudies(state, action.studies));
    case "protocols": {
      const { protocols } = action;
      const hanging = state.compact ? null : hangingOf(state.studies, protocols, state.hanging);
      return withEffects({ ...state, protocols, hanging });
    }
    case "loaded":
      return withEffects(
        state.cells[action.cell]?.source === action.source
          ? openLoaded(state, action.cell, action.loaded, action.opening)
          : state,
      );
    case "not-loaded":
      return withEffects(
        state.cells[action.cell]?.source === action.source
          ? withCell(state, action.cell, { problem: action.problem })
          : state,
      );
    case "fault":
      return withEffects({ ...state, fault: action.message });
    case "viewport":
      // A report about a series that the cell no longer shows is ignored.
      return state.cells[action.cell]?.loaded === action.loaded
        ? reported(state, action.cell, action.report)
        : withEffects(state);
  }
}

function withCell(state: SessionState, id: CellId, change: Partial<Cell>): SessionState {
  const cell = state.cells[id];
  return cell ? { ...state, cells: { ...state.cells, [id]: { ...cell, ...change } } } : state;
}

function stepped(state: SessionState, id: CellId, by: 1 | -1): SessionState {
  const cell = state.cells[id];
  const study = cell ? studyOf(state, cell.source.study) : state.studies.current;
  if (!study) return state;
  const [shown] = cell?.source.frames ?? [];
  // Views of one series, each in a cell of its own, are paged before the next series.
  const views = seriesOf(study, cell?.source.series ?? null);
  const pictures = views?.facts?.pictures ?? [];
  const next = pictures[pictures.findIndex(({ sopInstanceUid }) => sopInstanceUid === shown) + by];
  if (shown && views && next)
    return hangSeries(state, id, study, views, { frames: [next.sopInstanceUid], fit: cell?.fit ?? null });
  const series = cell ? adjacentSeries(state, cell, by) : outermostSeries(state, by);
  if (!series) return state;
  const first = shown ? (series.facts?.pictures ?? []).at(by === 1 ? 0 : -1) : undefined;
  return hangSeries(state, id, study, series, {
    frames: first ? [first.sopInstanceUid] : null,
    fit: cell?.fit ?? null,
  });
}

/** Shows an image: in the cell that has its series, else in the one that the series would go to. */
function jumped(state: SessionState, to: ImagePointer): SessionState {
  const study = studyOfSeries(state, to.seriesInstanceUid);
  const series = seriesOf(study, to.seriesInstanceUid);
  if (!study || !series) return state;
  const all = filledCells(state).filter(([, { source }]) => source.series === to.seriesInstanceUid);
  for (const [id, { loaded }] of [...all.filter(([id]) => id === activeCell(state)), ...all]) {
    const index = loaded ? indexOfImage(loaded, to) : -1;
    if (index >= 0) return goToImage(activate(state, id), id, index);
  }
  const [roomy, id] = cellForSeries(state, study);
  return activate(hangSeries(roomy, id, study, series, { at: to }), id);
}

/** Takes over changed studies: what is no longer on the page leaves its cells, and newly arrived images are hung. */
function withStudies(state: SessionState, studies: Studies): SessionState {
  const now = { ...state, studies, hanging: state.compact ? null : hangingOf(studies, state.protocols, state.hanging) };
  const entries = Object.entries(state.cells).filter(([, cell]) => cell && studyOf(now, cell.source.study));
  const cells = entries.length === Object.keys(state.cells).length ? state.cells : Object.fromEntries(entries);
  const waiting = filledCells({ ...now, cells }).find(
    ([, cell]) => isCurrent(now, cell) && cell.source.series === null,
  )?.[0];
  if (waiting && now.hanging) return showStage({ ...now, cells }, 0);
  const series = waiting ? openingSeries(studies.current.series) : null;
  return waiting && series ? hangSeries({ ...now, cells }, waiting, studies.current, series) : { ...now, cells };
}

function reported(state: SessionState, id: CellId, report: ViewportReport): Step {
  const cell = state.cells[id];
  switch (report.type) {
    case "stacked": {
      const { modality, frames } = cell?.loaded ?? { modality: "", frames: [] };
      const presets = presetsFor(
        modality,
        frames[cell?.presentation.index ?? 0],
        report.range as [number, number] | null,
      );
      return withEffects(withCell(state, id, { presets }));
    }
    case "painted":
      return state.painted
        ? withEffects(state)
        : withEffects({ ...state, painted: true }, { type: "first-image", cell: id });
    case "dragged":
      return withEffects(goToImage(state, id, (cell?.presentation.index ?? 0) + report.images));
    case "turned":
      return withEffects(withPresentation(state, id, { index: report.index }));
    case "windowed":
      return withEffects(recordWindow(state, id, report.index, report.window));
    case "moved":
      return withEffects(withPresentation(state, id, { camera: report.camera }));
  }
}

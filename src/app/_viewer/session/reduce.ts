import { openingSeries } from "../matching-series.ts";
import { presetsFor } from "../presets.ts";
import type { ImagePointer } from "../types.ts";
import type { Action, Effect, ViewportReport } from "./actions.ts";
import { type Cell, type CellId, isCurrent, type Studies, seriesOf, studyKey, studyOf } from "./cell.ts";
import { doubtBefore, priorOfChoice, studyWith } from "./doubt.ts";
import {
  activated,
  filled,
  hung,
  opened,
  priorHung,
  roomFor,
  roomForPrior,
  seriesBeside,
  withoutPriors,
} from "./hang.ts";
import { relinkedAll } from "./links.ts";
import { gone, indexOfImage, looked, played, preset, reset, seenWith } from "./look.ts";
import { activeCell, cellsInView, filledCells, largest, priorCell } from "./places.ts";
import type { SessionState } from "./state.ts";

export type Step = { state: SessionState; effects: readonly Effect[] };

const mostPast = 20;

/** Deeds that change what is seen where, and that an undo takes back. */
const arranging: ReadonlySet<Action["type"]> = new Set([
  "set-layout",
  "open",
  "put",
  "step-series",
  "toggle-prior",
  "choose-prior",
  "jump",
  "preset",
  "invert",
  "reset",
]);

/** What the session becomes by an action, and what is left to be done for it. Nothing else decides what is seen. */
export function reduce(state: SessionState, action: Action): Step {
  const asking = doubtBefore(state, action);
  if (asking) return only({ ...state, asking });
  const step = next(state, action);
  const changed = step.state.cells !== state.cells || step.state.layout !== state.layout;
  if (!arranging.has(action.type) || !changed || step.state.past !== state.past) return step;
  const { layout, cells, active, alone, links } = state;
  const past = [...state.past, { layout, cells, active, alone, links }].slice(-mostPast);
  return { ...step, state: { ...step.state, past } };
}

function only(state: SessionState, ...effects: Effect[]): Step {
  return { state, effects };
}

function next(state: SessionState, action: Action): Step {
  const active = activeCell(state);
  switch (action.type) {
    case "set-layout": {
      const bounded = (count: number) => Math.max(1, Math.min(largest, Math.trunc(count)));
      const layout = { rows: bounded(action.rows), columns: bounded(action.columns) };
      return only(filled({ ...state, layout, alone: false }));
    }
    case "toggle-alone": {
      const seen = action.cell ? activated(state, action.cell) : state;
      return only({ ...seen, alone: !state.alone && filledCells(state).length > 0 && cellsInView(state).length > 1 });
    }
    case "activate":
      return only(activated(state, action.cell));
    case "next-cell": {
      const shown = filledCells(state).map(([id]) => id);
      const place = shown.indexOf(active) + action.by;
      return only(activated(state, shown[(place + shown.length) % shown.length] ?? active));
    }
    case "open": {
      const { study, series, at } = action;
      const [roomy, id] = roomFor(state, study);
      return only(activated(hung(roomy, id, study, series, { at }), id));
    }
    case "put": {
      const { cell, study, series, frames = null } = action;
      return only(activated(hung(state, cell, study, series, { frames }), cell));
    }
    case "step-series":
      return only(stepped(state, active, action.by));
    case "toggle-prior": {
      if (priorCell(state)) return only(withoutPriors(state));
      const study = priorOfChoice(state);
      return study ? reduce(state, { type: "choose-prior", study }) : only(state);
    }
    case "choose-prior": {
      const [roomy, id] = action.cell ? [state, action.cell] : roomForPrior(state);
      return only(priorHung(roomy, id, action.study));
    }
    case "answer": {
      const { asking } = state;
      const answered = only({ ...state, asking: null });
      return asking && action.yes ? { ...answered, effects: [{ type: "accept", ...asking }] } : answered;
    }
    case "accepted":
      return reduce({ ...state, accepted: [...state.accepted, studyKey(action.study)] }, action.deed);
    case "not-accepted":
      // It could not be noted, so it is not shown; the reader is asked again.
      return only({ ...state, asking: { study: action.study, deed: action.deed } });
    case "open-document":
      return only({ ...state, document: { study: action.study, series: action.series } });
    case "close-document":
      return only({ ...state, document: null });
    case "scroll": {
      const { cell, images, alone = false } = action;
      const seen = activated(state, cell);
      const shown = seen.cells[cell];
      // Views of one image each, as in a radiograph or a mammogram, are paged like slices.
      if (shown?.loaded?.frames.length === 1) return only(stepped(seen, cell, images > 0 ? 1 : -1));
      return only(gone(seen, cell, (shown?.look.index ?? 0) + images, alone));
    }
    case "go":
      return only(gone(state, action.cell, action.index));
    case "jump":
      return only(jumped(state, action.to));
    case "preset":
      return only(preset(state, action.key));
    case "zoom":
      return only(state, { type: "move", cell: action.cell, how: { zoomBy: action.factor } });
    case "invert":
      return only(looked(state, active, { inverted: !state.cells[active]?.look.inverted }));
    case "flip":
    case "rotate":
      return only(state, { type: "move", cell: active, how: action.type });
    case "reset":
      return only(reset(state, active), { type: "move", cell: active, how: "reset" });
    case "toggle-cine":
      return only(played(state, active));
    case "set-fps":
      return only(looked(state, active, { fps: Math.max(1, Math.min(60, action.fps)) }));
    case "set-tool":
      return only({ ...state, tool: action.tool }, { type: "choose-tool" });
    case "toggle-link":
      return only(relinkedAll({ ...state, linked: !state.linked }));
    case "toggle-stack-opening":
      return only(
        { ...state, stackOpening: state.stackOpening === "first" ? "middle" : "first" },
        { type: "keep-stack-opening" },
      );
    case "mark":
      return only(state, { type: "mark", cell: active });
    case "marked": {
      const { cell, refused } = action;
      const marked = { cell, said: refused ?? "Key image added", taken: refused === null };
      return only({ ...state, marked }, { type: "fade-mark", afterMs: refused === null ? 1500 : 6000 });
    }
    case "unmark":
      return only({ ...state, marked: null });
    case "measurements":
      return only({ ...state, measurements: action.all });
    case "take-measurement":
      return only(state, { type: "take-measurement", measurement: action.measurement });
    case "remove-measurement":
      return only(state, { type: "remove-measurement", id: action.id ?? null });
    case "retry": {
      const cell = state.cells[action.cell];
      if (cell?.loaded) return only(state, { type: "refetch", cell: action.cell });
      return only(cell ? withCell(state, action.cell, { source: { ...cell.source }, problem: null }) : state);
    }
    case "undo": {
      const before = state.past.at(-1);
      return only(before ? { ...state, ...before, past: state.past.slice(0, -1) } : state);
    }
    case "studies":
      return only(withStudies(state, action.studies));
    case "loaded":
      return only(
        state.cells[action.cell]?.source === action.source
          ? opened(state, action.cell, action.loaded, action.opening)
          : state,
      );
    case "not-loaded":
      return only(
        state.cells[action.cell]?.source === action.source
          ? withCell(state, action.cell, { problem: action.problem })
          : state,
      );
    case "fault":
      return only({ ...state, fault: action.said });
    case "viewport":
      // What is told of a series that the cell has let go meanwhile is too late.
      return state.cells[action.cell]?.loaded === action.loaded
        ? reported(state, action.cell, action.report)
        : only(state);
  }
}

function withCell(state: SessionState, id: CellId, change: Partial<Cell>): SessionState {
  const cell = state.cells[id];
  return cell ? { ...state, cells: { ...state.cells, [id]: { ...cell, ...change } } } : state;
}

function stepped(state: SessionState, id: CellId, by: 1 | -1): SessionState {
  const cell = state.cells[id];
  const study = cell && studyOf(state, cell.source.study);
  const series = cell && seriesBeside(state, cell, by);
  return study && series ? hung(state, id, study, series) : state;
}

/** Shows an image: in the cell that has its series, in the one a series goes to else. */
function jumped(state: SessionState, to: ImagePointer): SessionState {
  const study = studyWith(state, to.seriesInstanceUid);
  const series = seriesOf(study, to.seriesInstanceUid);
  if (!study || !series) return state;
  const all = filledCells(state).filter(([, { source }]) => source.series === to.seriesInstanceUid);
  for (const [id, { loaded }] of [...all.filter(([id]) => id === activeCell(state)), ...all]) {
    const index = loaded ? indexOfImage(loaded, to) : -1;
    if (index >= 0) return gone(activated(state, id), id, index);
  }
  const [roomy, id] = roomFor(state, study);
  return activated(hung(roomy, id, study, series, { at: to }), id);
}

/** The newest of the page: what is not on it any more leaves its cells, and pictures that have come are hung. */
function withStudies(state: SessionState, studies: Studies): SessionState {
  const now = { ...state, studies };
  const entries = Object.entries(state.cells).filter(([, cell]) => cell && studyOf(now, cell.source.study));
  const cells = entries.length === Object.keys(state.cells).length ? state.cells : Object.fromEntries(entries);
  const waiting = filledCells({ ...now, cells }).find(
    ([, cell]) => isCurrent(now, cell) && cell.source.series === null,
  )?.[0];
  const series = waiting ? openingSeries(studies.current.series) : null;
  return waiting && series ? hung({ ...now, cells }, waiting, studies.current, series) : { ...now, cells };
}

function reported(state: SessionState, id: CellId, report: ViewportReport): Step {
  const cell = state.cells[id];
  switch (report.type) {
    case "stacked": {
      const { modality, frames } = cell?.loaded ?? { modality: "", frames: [] };
      const presets = presetsFor(modality, frames[cell?.look.index ?? 0], report.range as [number, number] | null);
      return only(withCell(state, id, { presets }));
    }
    case "painted":
      return state.painted ? only(state) : only({ ...state, painted: true }, { type: "first-image", cell: id });
    case "dragged":
      return only(gone(state, id, (cell?.look.index ?? 0) + report.images));
    case "turned":
      return only(looked(state, id, { index: report.index }));
    case "windowed":
      return only(seenWith(state, id, report.index, report.window));
    case "moved":
      return only(looked(state, id, { camera: report.camera }));
  }
}

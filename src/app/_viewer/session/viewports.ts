import type * as core from "@cornerstonejs/core";
import { rememberSize, sharedEngine } from "../engine.ts";
import { watchSeen } from "../seen.ts";
import { loadSeries } from "../series-store.ts";
import { createSessionTools, type SessionTools } from "../tools/session-tools.ts";
import { ViewerError } from "../viewer-error.ts";
import { createViewport } from "../viewports/kinds.ts";
import { sharePrefetch } from "../viewports/prefetch-share.ts";
import type { Viewport } from "../viewports/viewport.ts";
import type { Action } from "./actions.ts";
import { type Cell, type CellId, isCurrent, type Source, seriesOf, studyOf } from "./cell.ts";
import { fitOf } from "./fit.ts";
import { activeCell, cellIdsOf, currentCell } from "./places.ts";
import type { SessionState } from "./state.ts";

/** The viewports of the cells that have an element on the page. All draw through one WebGL context. */
export type Viewports = {
  /** The library is initialised: viewports can be created. */
  begin(): void;
  attach(id: CellId, element: HTMLDivElement): void;
  detach(id: CellId): void;
  get(id: CellId): Viewport | undefined;
  /** Brings all viewports up to date with their cells, the active one first. */
  sync(): void;
  chooseTool(): void;
  resize(): void;
  /** Redraws measurements. */
  redraw(): void;
  ids(): string[];
  close(): void;
};

/**
 * @param name prefix of the ids that the library gets.
 * @param onChange called when a viewport was created or closed.
 */
export function createViewports(
  name: string,
  state: () => SessionState,
  dispatch: (action: Action) => void,
  onChange: () => void,
): Viewports {
  let engine: core.RenderingEngine | null = null;
  let toolset: SessionTools | null = null;
  let closed = false;
  let resizing = 0;
  const elements = new Map<CellId, HTMLDivElement>();
  const made = new Map<CellId, { viewport: Viewport; kind: Cell["kind"]; unwatch: () => void }>();
  /** Cells whose metadata is being loaded. */
  const loading = new Map<CellId, Source>();

  /** Cells of the layout, the active one first: what it needs is requested first. */
  function inOrder(): CellId[] {
    const active = activeCell(state());
    return [active, ...cellIdsOf(state().layout).filter((id) => id !== active)];
  }

  function share(): void {
    // Hidden cells, as beside a maximized one, prefetch nothing.
    const seen = inOrder().filter((id) => elements.get(id)?.clientWidth);
    for (const [id, { viewport }] of made) if (!seen.includes(id)) viewport.setPrefetch(0, 0);
    sharePrefetch(seen.flatMap((id) => made.get(id)?.viewport ?? []));
  }

  /** @returns whether a viewport was created or closed. */
  function fit(id: CellId): boolean {
    const cell = state().cells[id];
    const element = elements.get(id);
    const before = made.get(id);
    if (before && (!cell || !element || before.kind !== cell.kind)) {
      before.unwatch();
      before.viewport.close();
      made.delete(id);
    }
    if (!engine || !cell || !element || made.has(id)) return before !== undefined && !made.has(id);
    const viewport = createViewport(engine, `${name}-${id}`, element, cell, {
      report: (loaded, report) => dispatch({ type: "viewport", cell: id, loaded, report }),
      onIdle: share,
    });
    toolset?.addViewport(viewport.id);
    if (made.size === 0) rememberSize(element);
    made.set(id, { viewport, kind: cell.kind, unwatch: watchSeen(viewport, element) });
    return true;
  }

  function load(id: CellId, { source, loaded, problem }: Cell): void {
    if (loaded || problem || loading.get(id) === source) return;
    const now = state();
    const study = studyOf(now, source.study);
    const series = seriesOf(study, source.series);
    if (!study || !series) return;
    loading.set(id, source);
    const beside = currentCell(now);
    const opening = isCurrent(now, now.cells[id]) || !beside ? null : now.cells[beside]?.source.series;
    const compared = seriesOf(now.studies.current, opening ?? null);
    Promise.all([
      loadSeries(study, series),
      compared ? loadSeries(now.studies.current, compared).catch(() => null) : null,
    ])
      .then(
        ([whole, current]) => dispatch({ type: "loaded", cell: id, source, loaded: whole, opening: current }),
        (error: unknown) =>
          dispatch({
            type: "not-loaded",
            cell: id,
            source,
            problem:
              error instanceof ViewerError ? error : new ViewerError("unreadable", "This series could not be opened."),
          }),
      )
      .finally(() => {
        if (loading.get(id) === source) loading.delete(id);
      });
  }

  function sync(): void {
    if (closed) return;
    let changed = false;
    for (const id of [...made.keys()]) if (!elements.has(id) || !state().cells[id]) changed = fit(id) || changed;
    for (const id of inOrder()) {
      changed = fit(id) || changed;
      const cell = state().cells[id];
      const viewport = made.get(id)?.viewport;
      if (!cell || !viewport) continue;
      load(id, cell);
      viewport.sync(cell, fitOf(state(), id));
    }
    share();
    if (changed) onChange();
  }

  function resize(): void {
    resizing ||= requestAnimationFrame(() => {
      resizing = 0;
      if (closed || !engine || made.size === 0) return;
      engine.resize(true, true);
      for (const { viewport } of made.values()) viewport.resized();
      sync();
    });
  }

  return {
    begin() {
      if (closed) return;
      engine = sharedEngine();
      toolset = createSessionTools(name, engine.id);
      toolset.choose(state().tool);
      sync();
    },
    attach(id, element) {
      elements.set(id, element);
      sync();
      // Adding a canvas makes the engine resize the others without refitting their cameras.
      resize();
    },
    detach(id) {
      elements.delete(id);
      sync();
    },
    get: (id) => made.get(id)?.viewport,
    sync,
    chooseTool: () => toolset?.choose(state().tool),
    resize,
    redraw: () => engine?.render(),
    ids: () => [...made.values()].map(({ viewport }) => viewport.id),
    close() {
      closed = true;
      if (resizing) cancelAnimationFrame(resizing);
      for (const { viewport, unwatch } of made.values()) {
        unwatch();
        viewport.close();
      }
      made.clear();
      toolset?.close();
      engine = null;
    },
  };
}

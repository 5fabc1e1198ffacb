import * as tools from "@cornerstonejs/tools";
import { loadFrame, start } from "../cornerstone.ts";
import { coverageOf } from "../coverage.ts";
import { chooseStackOpening, openingIndex } from "../hanging.ts";
import { keyImageOf } from "../key-image.ts";
import { mayHaveImages } from "../matching-series.ts";
import { isSeen, seenImages } from "../seen.ts";
import { keepOnly, leave, loadedNow, loadSeries } from "../series-store.ts";
import { createStore } from "../store.ts";
import { watchMeasurements } from "../tools/measurements.ts";
import type { ViewerProps } from "../types.ts";
import type { Viewport } from "../viewports/viewport.ts";
import type { Action, Effect } from "./actions.ts";
import { type CellId, seriesOf, studyOf } from "./cell.ts";
import { initialState } from "./initial-state.ts";
import { createKeeper } from "./keeper.ts";
import { activeCell } from "./places.ts";
import { reduce } from "./reduce.ts";
import type { SessionState } from "./state.ts";
import { createViewports } from "./viewports.ts";

/** The viewer of one current study: its state, and how to change it. */
export type Session = {
  /** The newest state; subscribers are called after each action. */
  state(): SessionState;
  subscribe(listener: () => void): () => void;
  dispatch(action: Action): void;
  /** Takes the newest props; another current study gets another session. */
  update(props: ViewerProps): void;
  /** The page has rendered an element for a cell. */
  attach(cell: CellId, element: HTMLDivElement): void;
  detach(cell: CellId): void;
  viewport(cell: CellId): Viewport | null;
  /** Viewports come and go asynchronously; called after each change. */
  onViewports(listener: () => void): () => void;
  resize(): void;
  close(): void;
};

let sessions = 0;

/** Runs the reducer's effects: holds the state, and everything that is not plain data. */
export function createSession(initial: ViewerProps): Session {
  let props = initial;
  let closed = false;
  let started = false;
  const touch = typeof matchMedia === "function" && matchMedia("(pointer: coarse)").matches;
  const store = createStore<SessionState>(initialState(initial, touch));
  const viewportListeners = new Set<() => void>();
  const viewports = createViewports(`viewer-${++sessions}`, store.get, dispatch, () => {
    for (const listener of viewportListeners) listener();
  });
  const measurements = watchMeasurements(
    () => [props.current, ...props.priors],
    (all, lost) => {
      dispatch({ type: "measurements", all, lost });
      keeper.look();
    },
  );
  const keeper = createKeeper({
    state: store.get,
    own: measurements.own,
    tell: (markup) => props.onMarkup?.(markup),
  });
  let markTimer: ReturnType<typeof setTimeout> | undefined;
  let telling = 0;
  function tellCoverage(): void {
    telling ||= requestAnimationFrame(() => {
      telling = 0;
      const { current, priors, coverage } = props;
      if (closed || !coverage) return;
      const studies = [current, ...priors.filter(({ together }) => together)];
      coverage.set({ series: coverageOf(studies, loadedNow, isSeen) });
    });
  }
  const seen = seenImages.subscribe(tellCoverage);

  const waiting: Action[] = [];
  let busy = false;
  function dispatch(action: Action): void {
    if (closed) return;
    waiting.push(action);
    // Actions dispatched while another one runs, as by library events, are queued.
    if (busy) return;
    busy = true;
    try {
      for (let each = waiting.shift(); each; each = waiting.shift()) {
        const { state, effects } = reduce(store.get(), each);
        store.set(state);
        viewports.sync();
        for (const effect of effects) run(effect);
        if (each.type === "loaded") drawKept();
        keeper.look();
      }
    } finally {
      busy = false;
    }
  }

  function run(effect: Effect): void {
    switch (effect.type) {
      case "move":
        viewports.get(effect.cell)?.move(effect.how);
        break;
      case "refetch":
        viewports.get(effect.cell)?.refetch();
        break;
      case "accept": {
        const { study, pending } = effect;
        // Without an `onAcceptPrior` callback the confirmation holds for this session.
        Promise.resolve(props.onAcceptPrior?.(study)).then(
          () => dispatch({ type: "accepted", study, pending }),
          () => dispatch({ type: "not-accepted", study, pending }),
        );
        break;
      }
      case "mark":
        mark(effect.cell);
        break;
      case "fade-mark":
        clearTimeout(markTimer);
        markTimer = setTimeout(() => dispatch({ type: "unmark" }), effect.afterMs);
        break;
      case "take-measurement":
        if (props.onMeasurement) props.onMeasurement(effect.measurement);
        else dispatch({ type: "jump", to: effect.measurement });
        break;
      case "remove-measurement": {
        const id = effect.id ?? measurements.picked() ?? store.get().measurements.at(-1)?.id;
        if (!id) break;
        measurements.remove(id);
        redraw();
        break;
      }
      case "keep-stack-opening":
        chooseStackOpening(store.get().stackOpening);
        break;
      case "choose-tool":
        viewports.chooseTool();
        break;
      case "first-image":
        requestAnimationFrame(() => window.dispatchEvent(new CustomEvent("FIRST_IMAGE")));
        void prefetchOtherSeries();
        break;
    }
  }

  function mark(id: CellId): void {
    const cell = store.get().cells[id];
    const study = cell && studyOf(store.get(), cell.source.study);
    const viewport = viewports.get(id);
    const image = study && viewport && props.onKeyImage ? keyImageOf(viewport, study) : null;
    if (viewport?.frame()?.reformat) {
      const message = "A plane made out of images cannot be a key image. Mark the image in its stack.";
      dispatch({ type: "marked", cell: id, refused: message });
      return;
    }
    const isComing = viewport !== undefined && viewport.view.get().preview !== null;
    const refused = isComing ? "This image is not sharp yet." : image && props.onKeyImage?.(image);
    if (props.onKeyImage && (image || isComing)) dispatch({ type: "marked", cell: id, refused: refused ?? null });
  }

  /** Takes over what is kept: at once what its images are known for, the rest when its series have been loaded. */
  function takeKept(): void {
    const { kept, current, priors } = props;
    if (!kept || !started || closed) return;
    keeper.seed(kept.looked);
    dispatch({ type: "kept", looked: kept.looked });
    measurements.seed(kept);
    redraw();
    const awaited = new Set(measurements.awaited());
    for (const study of [current, ...priors])
      for (const series of study.series)
        if (awaited.has(series.seriesInstanceUid) && !study.doubt)
          loadSeries(study, series).then(drawKept, () => {
            // The series says so itself when it is opened.
          });
  }

  function drawKept(): void {
    if (!closed && measurements.drawKept()) redraw();
  }

  function redraw(): void {
    viewports.redraw();
    tools.utilities.triggerAnnotationRenderForViewportIds(viewports.ids());
  }

  /** After the first image: loads the metadata of the other series, so that opening one costs only its first image. */
  async function prefetchOtherSeries(): Promise<void> {
    for (const series of props.current.series.filter(mayHaveImages).slice(0, 12)) {
      if (closed) return;
      await loadSeries(props.current, series).catch(() => {});
    }
    tellCoverage();
  }

  /**
   * Loads metadata while the library initialises, and the first image while the viewport and its WebGL context are
   * created.
   */
  function prefetchFirstImage(): void {
    const state = store.get();
    const source = state.cells[activeCell(state)]?.source;
    const study = source && studyOf(state, source.study);
    const first = seriesOf(study, source?.series ?? null);
    if (!study || !first) return;
    Promise.all([loadSeries(study, first), start()])
      .then(([loaded]) => {
        const [picture] = source?.frames ?? [];
        const frame = picture
          ? loaded.frames.find(({ sopInstanceUid }) => sopInstanceUid === picture)
          : loaded.frames[openingIndex(loaded, store.get().stackOpening)];
        return frame && !initial.jumpTo && !closed ? loadFrame(frame, true) : null;
      })
      .catch(() => {
        // The viewport loads it again and reports the error.
      });
  }

  keepOnly([initial.current, ...initial.priors]);
  prefetchFirstImage();
  const ready = start().then(
    () => {
      viewports.begin();
      if (closed) return;
      measurements.refresh();
      tellCoverage();
      started = true;
      takeKept();
    },
    () => dispatch({ type: "fault", message: "The image viewer could not start in this browser." }),
  );

  return {
    state: store.get,
    subscribe: store.subscribe,
    dispatch,
    update(next) {
      const { current, priors, protocols, kept } = props;
      props = next;
      if (next.kept !== kept) takeKept();
      if (next.current !== current || next.priors !== priors)
        dispatch({ type: "studies", studies: { current: next.current, priors: next.priors } });
      if (next.current !== current || next.priors !== priors) tellCoverage();
      if (next.protocols && next.protocols !== protocols) dispatch({ type: "protocols", protocols: next.protocols });
    },
    attach: viewports.attach,
    detach: viewports.detach,
    viewport: (cell) => viewports.get(cell) ?? null,
    onViewports(listener) {
      viewportListeners.add(listener);
      return () => viewportListeners.delete(listener);
    },
    resize: viewports.resize,
    close() {
      closed = true;
      keeper.close();
      clearTimeout(markTimer);
      if (telling) cancelAnimationFrame(telling);
      seen();
      measurements.close();
      leave();
      // Only after the library is initialised: a viewport created before would leak.
      void ready.then(() => viewports.close());
    },
  };
}

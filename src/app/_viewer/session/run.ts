import * as tools from "@cornerstonejs/tools";
import { loadFrame, start } from "../cornerstone.ts";
import { chooseStackOpening, openingIndex } from "../hanging.ts";
import { keyImageOf } from "../key-image.ts";
import { mayHaveImages, openingSeries } from "../matching-series.ts";
import { keepOnly, loadSeries } from "../series-store.ts";
import { createStore } from "../store.ts";
import { watchMeasurements } from "../tools/measurements.ts";
import type { ViewerProps } from "../types.ts";
import type { Viewport } from "../viewports/viewport.ts";
import type { Action, Effect } from "./actions.ts";
import { beginning } from "./begin.ts";
import { type CellId, studyOf } from "./cell.ts";
import { reduce } from "./reduce.ts";
import type { SessionState } from "./state.ts";
import { createViewports } from "./viewports.ts";

/** One current study in the viewer: what is seen, and the way to change it. */
export type Session = {
  /** The newest state; told to subscribers after each action. */
  state(): SessionState;
  subscribe(listener: () => void): () => void;
  dispatch(action: Action): void;
  /** Takes the newest props; a study that is another one gets another session. */
  update(props: ViewerProps): void;
  /** The page has a place for a cell. */
  attach(cell: CellId, element: HTMLDivElement): void;
  detach(cell: CellId): void;
  viewport(cell: CellId): Viewport | null;
  /** Viewports come and go asynchronously; told after each change. */
  onViewports(listener: () => void): () => void;
  resize(): void;
  close(): void;
};

let sessions = 0;

/** Carries out what the reducer decides: holds the state, and everything that is no data. */
export function createSession(initial: ViewerProps): Session {
  let props = initial;
  let closed = false;
  const touch = typeof matchMedia === "function" && matchMedia("(pointer: coarse)").matches;
  const store = createStore<SessionState>(beginning(initial, touch));
  const viewportListeners = new Set<() => void>();
  const viewports = createViewports(`viewer-${++sessions}`, store.get, dispatch, () => {
    for (const listener of viewportListeners) listener();
  });
  const measurements = watchMeasurements(
    () => [props.current, ...props.priors],
    (all) => dispatch({ type: "measurements", all }),
  );
  let unmark: ReturnType<typeof setTimeout> | undefined;

  const waiting: Action[] = [];
  let busy = false;
  function dispatch(action: Action): void {
    if (closed) return;
    waiting.push(action);
    // What comes while an action is carried out, as the library's events do, is next.
    if (busy) return;
    busy = true;
    try {
      for (let each = waiting.shift(); each; each = waiting.shift()) {
        const { state, effects } = reduce(store.get(), each);
        store.set(state);
        viewports.sync();
        for (const effect of effects) run(effect);
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
        const { study, deed } = effect;
        // Where nobody notes it, the yes holds for this session.
        Promise.resolve(props.onAcceptPrior?.(study)).then(
          () => dispatch({ type: "accepted", study, deed }),
          () => dispatch({ type: "not-accepted", study, deed }),
        );
        break;
      }
      case "mark":
        mark(effect.cell);
        break;
      case "fade-mark":
        clearTimeout(unmark);
        unmark = setTimeout(() => dispatch({ type: "unmark" }), effect.afterMs);
        break;
      case "take-measurement":
        if (props.onMeasurement) props.onMeasurement(effect.measurement);
        else dispatch({ type: "jump", to: effect.measurement });
        break;
      case "remove-measurement": {
        const id = effect.id ?? measurements.picked() ?? store.get().measurements.at(-1)?.id;
        if (!id) break;
        measurements.remove(id);
        viewports.redraw();
        tools.utilities.triggerAnnotationRenderForViewportIds(viewports.ids());
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
        void readTheRest();
        break;
    }
  }

  function mark(id: CellId): void {
    const cell = store.get().cells[id];
    const study = cell && studyOf(store.get(), cell.source.study);
    const viewport = viewports.get(id);
    const image = study && viewport && props.onKeyImage ? keyImageOf(viewport, study) : null;
    if (image && props.onKeyImage) dispatch({ type: "marked", cell: id, refused: props.onKeyImage(image) });
  }

  /** Once something is on the screen: metadata of the other series, so that a click on one costs its first image. */
  async function readTheRest(): Promise<void> {
    for (const series of props.current.series.filter(mayHaveImages).slice(0, 12)) {
      if (closed) return;
      await loadSeries(props.current, series).catch(() => {});
    }
  }

  /** Metadata travels while the library sets itself up, and the first image while the viewport, with its WebGL, is made. */
  function hurry(): void {
    const first = openingSeries(initial.current.series);
    if (!first) return;
    Promise.all([loadSeries(initial.current, first), start()])
      .then(([loaded]) => {
        const frame = loaded.frames[openingIndex(loaded, store.get().stackOpening)];
        return frame && !initial.jumpTo && !closed ? loadFrame(frame, true) : null;
      })
      .catch(() => {
        // The viewport asks again, and says what is wrong.
      });
  }

  keepOnly([initial.current, ...initial.priors]);
  hurry();
  const ready = start().then(
    () => {
      viewports.begin();
      if (!closed) measurements.refresh();
    },
    () => dispatch({ type: "fault", said: "The image viewer could not start in this browser." }),
  );

  return {
    state: store.get,
    subscribe: store.subscribe,
    dispatch,
    update(next) {
      const { current, priors } = props;
      props = next;
      if (next.current !== current || next.priors !== priors)
        dispatch({ type: "studies", studies: { current: next.current, priors: next.priors } });
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
      clearTimeout(unmark);
      measurements.close();
      // Not before the library is set up: what is being made would stay behind.
      void ready.then(() => viewports.close());
    },
  };
}

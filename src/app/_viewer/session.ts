import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import { ViewerError } from "./archive.ts";
import { loadFrame, start } from "./cornerstone.ts";
import type { Frame } from "./frames.ts";
import { chooseStackOpening, openingIndex, presetOn, priorIndex, priorWindow, stackOpening } from "./hanging.ts";
import { keyImageOf } from "./key-image.ts";
import { linkSides } from "./linked-sides.ts";
import { byNumber, matchingSeries, mayHaveImages, openingDocument, openingSeries } from "./matching-series.ts";
import { createPane, type Pane } from "./pane.ts";
import { createPriorQuestion } from "./prior-question.ts";
import { keepOnly, type LoadedSeries, loadSeries } from "./series-store.ts";
import { watchMeasurements } from "./session-measurements.ts";
import { createSessionTools, type SessionTools } from "./session-tools.ts";
import type { Session, SessionView, Side } from "./session-view.ts";
import { createStore } from "./store.ts";
import type { ImagePointer, SeriesForViewing, StudyForViewing, ViewerProps } from "./types.ts";
import type { Voi } from "./voi.ts";

export type { Session, SessionView, Side, ToolName } from "./session-view.ts";

let sessions = 0;

/** Everything between the props of the viewer and its viewports, for one current study. */
export function createSession(initial: ViewerProps): Session {
  const name = `viewer-${++sessions}`;
  let props = initial;
  let engine: core.RenderingEngine | null = null;
  let toolset: SessionTools | null = null;
  let closed = false;
  const panes = new Map<Side, Pane>();
  const elements = new Map<Side, HTMLDivElement>();
  const opened = new Map<Side, SeriesForViewing>();
  /** Images asked for before their pane was there. */
  const awaited = new Map<Side, ImagePointer>();
  const paneListeners = new Set<() => void>();
  const touch = typeof matchMedia === "function" && matchMedia("(pointer: coarse)").matches;
  const words = openingDocument(initial.current.series);
  const view = createStore<SessionView>({
    active: "current",
    tool: touch || initial.compact ? "scroll" : "window",
    linked: true,
    linkedBy: null,
    stackOpening: stackOpening(),
    priorUid: initial.compact ? null : (initial.initialPrior ?? null),
    asking: null,
    document: words && { study: initial.current, series: words },
    measurements: [],
    painted: false,
    fault: null,
    marked: null,
  });

  const question = createPriorQuestion(view, (study) => props.onAcceptPrior?.(study));
  const { asks } = question;

  keepOnly([initial.current, ...initial.priors]);
  // Metadata travels while the library sets itself up.
  const first = openingSeries(initial.current.series);
  // So does the first image: the viewport, with its WebGL, is made while it is on its way.
  if (first)
    Promise.all([loadSeries(initial.current, first), start()])
      .then(([loaded]) => {
        const frame = loaded.frames[openingIndex(loaded, view.get().stackOpening)];
        return frame && !initial.jumpTo && !closed ? loadFrame(frame, true) : null;
      })
      .catch(() => {
        // The pane asks again, and says what is wrong.
      });

  const ready = start().then(
    () => {
      if (closed) return;
      engine = new core.RenderingEngine(name);
      toolset = createSessionTools(name);
      toolset.choose(view.get().tool);
      for (const side of elements.keys()) mount(side);
      measurements.refresh();
    },
    () => view.set({ fault: "The image viewer could not start in this browser." }),
  );

  const links = linkSides((side) => panes.get(side));
  const relink = () => view.set({ linkedBy: links.relink(view.get().linked) });
  const measurements = watchMeasurements(
    () => [props.current, ...props.priors],
    (all) => {
      if (!closed) view.set({ measurements: all });
    },
  );

  const studyOf = (side: Side): StudyForViewing | null =>
    side === "current"
      ? props.current
      : (props.priors.find((prior) => prior.studyInstanceUid === view.get().priorUid) ?? null);

  function mount(side: Side): void {
    const element = elements.get(side);
    if (!engine || !element || closed || panes.has(side)) return;
    const pane = createPane(
      engine,
      `${name}-${side}`,
      element,
      (index) => links.follow(side, index),
      () => painted(side),
    );
    toolset?.addViewport(pane.id);
    panes.set(side, pane);
    share();
    for (const listener of paneListeners) listener();
    const study = studyOf(side);
    if (!study) return;
    const asked = opened.get(side);
    const series =
      asked && study.series.some(({ seriesInstanceUid }) => seriesInstanceUid === asked.seriesInstanceUid)
        ? asked
        : side === "current"
          ? openingSeries(study.series)
          : priorSeries(study);
    const pointer = awaited.get(side);
    awaited.delete(side);
    if (series) return void open(side, study, series, pointer);
    const document = openingDocument(study.series);
    if (side === "prior" && document) view.set({ document: { study, series: document } });
    pane.fail(
      new ViewerError("not-there", study.series.length > 0 ? "No images in this study." : "No images have arrived."),
    );
  }

  function priorSeries(study: StudyForViewing): SeriesForViewing | null {
    const shown = opened.get("current");
    return shown ? matchingSeries(shown, study.series) : openingSeries(study.series);
  }

  /** Requests in flight: most for the side the reader works on. A browser opens six to one host. */
  function share(): void {
    const { active } = view.get();
    for (const [side, pane] of panes) pane.setBusy(panes.size === 1 ? 4 : side === active ? 3 : 1);
  }

  async function open(side: Side, study: StudyForViewing, series: SeriesForViewing, at?: ImagePointer): Promise<void> {
    const pane = panes.get(side);
    if (!pane) return;
    opened.set(side, series);
    links.unlink();
    view.set({ linkedBy: null });
    pane.opening();
    try {
      const loaded = await loadSeries(study, series);
      if (closed || panes.get(side) !== pane || opened.get(side) !== series) return;
      // Its modality promised pictures, and there are words or pages: an encapsulated PDF that says OT.
      if (loaded.frames.length === 0 && loaded.others.length > 0) {
        view.set({ document: { study, series } });
        throw new ViewerError("not-there", "No images in this series. Its document is shown beside.");
      }
      const wanted = at ? indexOf(loaded.frames, at) : -1;
      const hung = await hang(side, loaded);
      if (closed || panes.get(side) !== pane || opened.get(side) !== series) return;
      await pane.show(loaded, wanted >= 0 ? wanted : hung.index, hung.window);
      if (!closed && panes.get(side) === pane) relink();
    } catch (error) {
      if (closed || panes.get(side) !== pane || opened.get(side) !== series) return;
      pane.fail(
        error instanceof ViewerError ? error : new ViewerError("unreadable", "This series could not be opened."),
      );
    }
  }

  /** How a series is hung on a side: at which image, and with which window in place of its own. */
  async function hang(side: Side, loaded: LoadedSeries): Promise<{ index: number; window: Voi | null }> {
    const choice = view.get().stackOpening;
    if (side === "current") return { index: openingIndex(loaded, choice), window: null };
    const series = opened.get("current");
    const current = series ? await loadSeries(props.current, series).catch(() => null) : null;
    const shown = panes.get("current")?.view.get();
    return { index: priorIndex(loaded, shown, choice), window: priorWindow(loaded, shown, current) };
  }

  function indexOf(frames: readonly Frame[], pointer: ImagePointer): number {
    return frames.findIndex(
      (frame) => frame.sopInstanceUid === pointer.sopInstanceUid && frame.frameNumber === pointer.frameNumber,
    );
  }

  function painted(side: Side): void {
    if (view.get().painted) return;
    view.set({ painted: true });
    requestAnimationFrame(() => window.dispatchEvent(new CustomEvent("FIRST_IMAGE", { detail: { side } })));
    void readTheRest();
  }

  /** Once something is on the screen: metadata of the other series, so that a click on one costs its first image. */
  async function readTheRest(): Promise<void> {
    for (const series of props.current.series.filter(mayHaveImages).slice(0, 12)) {
      if (closed) return;
      await loadSeries(props.current, series).catch(() => {});
    }
  }

  let resizing = 0;
  let unmark: ReturnType<typeof setTimeout> | undefined;

  const session: Session = {
    view,
    update(next) {
      props = next;
    },
    attach(side, element) {
      elements.set(side, element);
      mount(side);
      // The engine resizes the other canvas, and not its camera, when one more joins it.
      session.resize();
    },
    detach(side) {
      elements.delete(side);
      panes.get(side)?.close();
      panes.delete(side);
      if (side === "prior") opened.delete(side);
      if (view.get().active === side) view.set({ active: "current" });
      relink();
      share();
      for (const listener of paneListeners) listener();
    },
    pane: (side) => panes.get(side) ?? null,
    onPanes(listener) {
      paneListeners.add(listener);
      return () => paneListeners.delete(listener);
    },
    activePane: () => panes.get(view.get().active) ?? panes.get("current") ?? null,
    activate(side) {
      if (view.get().active === side) return;
      view.set({ active: side });
      share();
    },
    nextSide() {
      if (panes.size > 1) session.activate(view.get().active === "current" ? "prior" : "current");
    },
    setTool(tool) {
      view.set({ tool });
      toolset?.choose(tool);
    },
    openSeries(study, series) {
      const side: Side = study.studyInstanceUid === props.current.studyInstanceUid ? "current" : "prior";
      if (side === "prior" && asks(study, () => session.openSeries(study, series))) return;
      if (side === "prior" && view.get().priorUid !== study.studyInstanceUid)
        view.set({ priorUid: study.studyInstanceUid });
      session.activate(side);
      if (panes.has(side)) void open(side, study, series);
      else opened.set(side, series);
    },
    openDocument(study, series) {
      if (study !== props.current && asks(study, () => session.openDocument(study, series))) return;
      view.set({ document: { study, series } });
    },
    closeDocument: () => view.set({ document: null }),
    stepSeries(by) {
      const side = view.get().active;
      const study = studyOf(side);
      if (!study) return;
      const all = byNumber(study.series.filter(mayHaveImages));
      const now = all.findIndex((series) => series.seriesInstanceUid === opened.get(side)?.seriesInstanceUid);
      const next = all[now + by];
      if (next) void open(side, study, next);
    },
    togglePrior() {
      const { priorUid } = view.get();
      if (priorUid) view.set({ priorUid: null, active: "current" });
      // By itself one that is surely of the same person; where there is none the reader is asked about the first.
      const uid = (props.priors.find(({ doubt }) => !doubt) ?? props.priors[0])?.studyInstanceUid;
      if (!priorUid && uid) session.choosePrior(props.initialPrior ?? uid);
    },
    choosePrior(studyInstanceUid) {
      const chosen = props.priors.find((prior) => prior.studyInstanceUid === studyInstanceUid);
      if (chosen && asks(chosen, () => session.choosePrior(studyInstanceUid))) return;
      view.set({ priorUid: studyInstanceUid });
      const study = studyOf("prior");
      const series = study ? priorSeries(study) : null;
      if (study && series && panes.has("prior")) void open("prior", study, series);
    },
    answer: question.answer,
    toggleLink() {
      view.set({ linked: !view.get().linked });
      relink();
    },
    scroll(side, images, alone) {
      const pane = panes.get(side);
      if (!pane) return;
      session.activate(side);
      // Views of one image each, as in a radiograph or a mammogram, are paged like slices.
      if (pane.view.get().loaded?.frames.length === 1) return session.stepSeries(images > 0 ? 1 : -1);
      if (!alone) return pane.step(images);
      pane.goTo(pane.view.get().index + images);
      relink();
    },
    preset(key) {
      const active = session.activePane();
      if (!active) return;
      const asked = key === "0" ? null : presetOn(active.view.get(), key, null);
      if (asked === undefined) return;
      active.setWindow(asked);
      const modality = active.view.get().loaded?.modality;
      for (const other of view.get().linked ? panes.values() : []) {
        const theirs = other !== active && other.view.get().loaded?.modality === modality;
        const same = theirs ? presetOn(other.view.get(), key, asked) : undefined;
        if (same !== undefined) other.setWindow(same);
      }
    },
    toggleStackOpening() {
      const choice = view.get().stackOpening === "first" ? "middle" : "first";
      chooseStackOpening(choice);
      view.set({ stackOpening: choice });
    },
    toggleCine() {
      const pane = session.activePane();
      pane?.play(!pane.view.get().playing);
    },
    markKeyImage() {
      const side = view.get().active;
      const pane = session.activePane();
      const study = studyOf(side);
      const image = pane && study && props.onKeyImage ? keyImageOf(pane, study) : null;
      if (!image || !props.onKeyImage) return;
      const refused = props.onKeyImage(image);
      view.set({ marked: { side, said: refused ?? "Key image added", taken: refused === null } });
      clearTimeout(unmark);
      unmark = setTimeout(() => view.set({ marked: null }), refused === null ? 1500 : 6000);
    },
    jumpTo(pointer) {
      for (const study of [props.current, ...props.priors]) {
        const series = study.series.find(({ seriesInstanceUid }) => seriesInstanceUid === pointer.seriesInstanceUid);
        if (!series) continue;
        const side: Side = study === props.current ? "current" : "prior";
        if (side === "prior" && asks(study, () => session.jumpTo(pointer))) return;
        if (side === "prior") view.set({ priorUid: study.studyInstanceUid });
        session.activate(side);
        const pane = panes.get(side);
        const shown = pane?.view.get().loaded;
        const index =
          shown?.series.seriesInstanceUid === pointer.seriesInstanceUid ? indexOf(shown.frames, pointer) : -1;
        if (pane && index >= 0) pane.step(index - pane.view.get().index);
        else if (pane) void open(side, study, series, pointer);
        else {
          opened.set(side, series);
          awaited.set(side, pointer);
        }
        return;
      }
    },
    takeMeasurement(measurement) {
      if (props.onMeasurement) props.onMeasurement(measurement);
      else session.jumpTo(measurement);
    },
    removeMeasurement(id) {
      const chosen = id ?? measurements.picked() ?? view.get().measurements.at(-1)?.id ?? null;
      if (!chosen) return;
      measurements.remove(chosen);
      engine?.render();
      tools.utilities.triggerAnnotationRenderForViewportIds([...panes.values()].map((pane) => pane.id));
    },
    retry(side) {
      const pane = panes.get(side);
      const study = studyOf(side);
      const series = opened.get(side);
      if (pane?.view.get().loaded) pane.retry();
      else if (study && series) void open(side, study, series);
    },
    resize() {
      resizing ||= requestAnimationFrame(() => {
        resizing = 0;
        if (closed || !engine || panes.size === 0) return;
        engine.resize(true, true);
        for (const pane of panes.values()) pane.resized();
      });
    },
    close() {
      closed = true;
      clearTimeout(unmark);
      if (resizing) cancelAnimationFrame(resizing);
      measurements.close();
      for (const pane of panes.values()) pane.close();
      panes.clear();
      void ready.then(() => {
        toolset?.close();
        engine?.destroy();
        engine = null;
      });
    },
  };
  return session;
}

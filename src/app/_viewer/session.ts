import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import { ViewerError } from "./archive.ts";
import { angleLines, frameByImageId, lengthLines, start, toolNames } from "./cornerstone.ts";
import type { Frame, Vec3 } from "./frames.ts";
import { type Link, linkAt, linkedIndex, matchingIndex, middleIndex } from "./geometry.ts";
import { byNumber, matchingSeries, mayHaveImages, openingSeries } from "./matching-series.ts";
import { angleOf, lengthOf, measurementText } from "./measure.ts";
import { createPane, type Pane } from "./pane.ts";
import { keepOnly, loadSeries } from "./series-store.ts";
import { createStore, type Store } from "./store.ts";
import type { ImagePointer, Measurement, SeriesForViewing, StudyForViewing, ViewerProps } from "./types.ts";

export type Side = "current" | "prior";
export type ToolName = keyof typeof toolNames;

export type SessionView = {
  active: Side;
  tool: ToolName;
  /** The two sides scroll together. */
  linked: boolean;
  /** How they are linked, for the reader to judge. */
  linkedBy: Link["by"] | null;
  priorUid: string | null;
  measurements: Measurement[];
  painted: boolean;
  /** The library could not be set up at all. */
  fault: string | null;
  /** Image just marked as key image, for a short confirmation. */
  marked: string | null;
};

export type Session = {
  readonly view: Store<SessionView>;
  /** Takes the newest props; a study that is another one gets another session. */
  update(props: ViewerProps): void;
  attach(side: Side, element: HTMLDivElement): void;
  detach(side: Side): void;
  pane(side: Side): Pane | null;
  /** Panes come and go asynchronously; told after each change. */
  onPanes(listener: () => void): () => void;
  activePane(): Pane | null;
  activate(side: Side): void;
  nextSide(): void;
  setTool(tool: ToolName): void;
  openSeries(study: StudyForViewing, series: SeriesForViewing): void;
  stepSeries(by: 1 | -1): void;
  togglePrior(): void;
  choosePrior(studyInstanceUid: string): void;
  toggleLink(): void;
  scroll(side: Side, images: number, alone: boolean): void;
  preset(key: string): void;
  toggleCine(): void;
  markKeyImage(): void;
  jumpTo(pointer: ImagePointer): void;
  takeMeasurement(measurement: Measurement): void;
  removeMeasurement(id?: string): void;
  retry(side: Side): void;
  resize(): void;
  close(): void;
};

let sessions = 0;

/** Everything between the props of the viewer and its viewports, for one current study. */
export function createSession(initial: ViewerProps): Session {
  const name = `viewer-${++sessions}`;
  let props = initial;
  let engine: core.RenderingEngine | null = null;
  let group: ReturnType<typeof tools.ToolGroupManager.createToolGroup>;
  let closed = false;
  let link: Link | null = null;
  const panes = new Map<Side, Pane>();
  const elements = new Map<Side, HTMLDivElement>();
  const opened = new Map<Side, SeriesForViewing>();
  /** Images asked for before their pane was there. */
  const awaited = new Map<Side, ImagePointer>();
  const paneListeners = new Set<() => void>();
  const touch = typeof matchMedia === "function" && matchMedia("(pointer: coarse)").matches;
  const view = createStore<SessionView>({
    active: "current",
    tool: touch || initial.compact ? "scroll" : "window",
    linked: true,
    linkedBy: null,
    priorUid: initial.compact ? null : (initial.initialPrior ?? null),
    measurements: [],
    painted: false,
    fault: null,
    marked: null,
  });

  keepOnly([initial.current, ...initial.priors]);
  // Metadata travels while the library sets itself up.
  const first = openingSeries(initial.current.series);
  if (first) loadSeries(initial.current, first).catch(() => {});

  const ready = start().then(
    () => {
      if (closed) return;
      engine = new core.RenderingEngine(name);
      group = tools.ToolGroupManager.createToolGroup(name);
      for (const tool of Object.values(toolNames)) group?.addTool(tool, toolSettings(tool));
      bindTools();
      for (const side of elements.keys()) mount(side);
      refreshMeasurements();
    },
    () => view.set({ fault: "The image viewer could not start in this browser." }),
  );

  function toolSettings(tool: string): Record<string, unknown> {
    if (tool === toolNames.length)
      return {
        getTextLines: (data: { handles: { points: Vec3[] } }, target: string) =>
          lengthLines(data.handles.points, target),
      };
    if (tool === toolNames.angle)
      return {
        getTextLines: (data: { handles: { points: Vec3[] } }, target: string) =>
          angleLines(data.handles.points, target),
      };
    return {};
  }

  function bindTools(): void {
    const { Primary, Secondary, Auxiliary } = tools.Enums.MouseBindings;
    for (const [key, tool] of Object.entries(toolNames)) {
      const bindings: { mouseButton?: number; numTouchPoints?: number; modifierKey?: number }[] = [];
      if (key === view.get().tool) bindings.push({ mouseButton: Primary });
      if (key === "window") bindings.push({ mouseButton: Secondary });
      if (key === "pan") bindings.push({ mouseButton: Auxiliary });
      if (key === "zoom") bindings.push({ numTouchPoints: 2 });
      group?.setToolPassive(tool, { removeAllBindings: true });
      if (bindings.length > 0) group?.setToolActive(tool, { bindings });
    }
  }

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
      (index) => follow(side, index),
      () => painted(side),
    );
    group?.addViewport(pane.id, name);
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
    if (series) void open(side, study, series, pointer);
    else
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
    link = null;
    view.set({ linkedBy: null });
    pane.opening();
    try {
      const loaded = await loadSeries(study, series);
      if (closed || panes.get(side) !== pane || opened.get(side) !== series) return;
      const wanted = at ? indexOf(loaded.frames, at) : -1;
      await pane.show(loaded, wanted >= 0 ? wanted : openingIndex(side, loaded.frames, loaded.modality));
      if (!closed && panes.get(side) === pane) relink();
    } catch (error) {
      if (closed || panes.get(side) !== pane || opened.get(side) !== series) return;
      pane.fail(
        error instanceof ViewerError ? error : new ViewerError("unreadable", "This series could not be opened."),
      );
    }
  }

  function openingIndex(side: Side, frames: readonly Frame[], modality: string): number {
    if (side === "prior") {
      const shown = panes.get("current")?.view.get();
      if (shown?.loaded && shown.loaded.frames.length > 0)
        return matchingIndex(shown.loaded.frames, shown.index, frames);
    }
    // A stack opens where the organs are; loops and views begin with the first.
    return ["CT", "MR", "PT"].includes(modality) && frames.length > 8 ? middleIndex(frames.length) : 0;
  }

  function indexOf(frames: readonly Frame[], pointer: ImagePointer): number {
    return frames.findIndex(
      (frame) => frame.sopInstanceUid === pointer.sopInstanceUid && frame.frameNumber === pointer.frameNumber,
    );
  }

  function relink(): void {
    const one = panes.get("current")?.view.get();
    const two = panes.get("prior")?.view.get();
    link =
      view.get().linked && one?.loaded && two?.loaded && one.loaded.frames.length > 0 && two.loaded.frames.length > 0
        ? linkAt(one.loaded.frames, one.index, two.loaded.frames, two.index)
        : null;
    view.set({ linkedBy: link?.by ?? null });
  }

  function follow(side: Side, index: number): void {
    const other = panes.get(side === "current" ? "prior" : "current");
    const mine = panes.get(side)?.view.get().loaded;
    const theirs = other?.view.get().loaded;
    if (!link || !other || !mine || !theirs) return;
    const next = linkedIndex(link, mine.frames, index, theirs.frames, side === "prior");
    if (next !== null) other.goTo(next);
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

  const addresses = () =>
    [props.current, ...props.priors].map(
      (study) => [study, `${study.dicomwebRoot}/studies/${study.studyInstanceUid}/`] as const,
    );

  function measurementOf(annotation: tools.Types.Annotation): Measurement | null {
    const imageId = annotation.metadata?.referencedImageId;
    const frame = imageId ? frameByImageId(imageId) : undefined;
    const points = annotation.data.handles?.points as Vec3[] | undefined;
    const study = imageId ? addresses().find(([, address]) => imageId.includes(address))?.[0] : undefined;
    if (!frame || !points || !study || !annotation.annotationUID) return null;
    const [a, b, c] = points;
    const isLength = annotation.metadata?.toolName === toolNames.length;
    const reading = isLength ? a && b && lengthOf(frame, a, b) : a && b && c && angleOf(frame, a, b, c);
    if (!reading || reading.value === 0) return null;
    const series = study.series.find(({ seriesInstanceUid }) => seriesInstanceUid === frame.seriesInstanceUid);
    return {
      id: annotation.annotationUID,
      type: isLength ? "length" : "angle",
      value: reading.value,
      unit: reading.unit,
      text: measurementText(reading, series?.seriesNumber ?? null, frame.imageNumber),
      studyInstanceUid: study.studyInstanceUid,
      seriesInstanceUid: frame.seriesInstanceUid,
      sopInstanceUid: frame.sopInstanceUid,
      sopClassUid: frame.sopClassUid,
      frameNumber: frame.frameNumber,
    };
  }

  function refreshMeasurements(): void {
    const all = tools.annotation.state
      .getAllAnnotations()
      .map(measurementOf)
      .filter((measurement): measurement is Measurement => measurement !== null);
    view.set({ measurements: all });
  }

  let refreshing = 0;
  const onAnnotation = () => {
    // While an end is dragged this comes with every move of the pointer.
    refreshing ||= requestAnimationFrame(() => {
      refreshing = 0;
      if (!closed) refreshMeasurements();
    });
  };
  const annotationEvents = [
    tools.Enums.Events.ANNOTATION_COMPLETED,
    tools.Enums.Events.ANNOTATION_MODIFIED,
    tools.Enums.Events.ANNOTATION_REMOVED,
  ] as string[];
  for (const event of annotationEvents) core.eventTarget.addEventListener(event, onAnnotation);

  let resizing = 0;
  const fittedBefore = new Set<Pane>();
  let unmark: ReturnType<typeof setTimeout> | undefined;

  const session: Session = {
    view,
    update(next) {
      props = next;
    },
    attach(side, element) {
      elements.set(side, element);
      // The engine resizes the other canvas, and not its camera, when one more joins it: who fitted is asked before.
      for (const pane of panes.values()) if (pane.fits()) fittedBefore.add(pane);
      mount(side);
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
      bindTools();
    },
    openSeries(study, series) {
      const side: Side = study.studyInstanceUid === props.current.studyInstanceUid ? "current" : "prior";
      if (side === "prior" && view.get().priorUid !== study.studyInstanceUid)
        view.set({ priorUid: study.studyInstanceUid });
      session.activate(side);
      if (panes.has(side)) void open(side, study, series);
      else opened.set(side, series);
    },
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
      else view.set({ priorUid: props.initialPrior ?? props.priors[0]?.studyInstanceUid ?? null });
    },
    choosePrior(studyInstanceUid) {
      view.set({ priorUid: studyInstanceUid });
      const study = studyOf("prior");
      const series = study ? priorSeries(study) : null;
      if (study && series && panes.has("prior")) void open("prior", study, series);
    },
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
      const pane = session.activePane();
      if (key === "0") return pane?.setWindow(null);
      const preset = pane?.view.get().presets.find((candidate) => candidate.key === key);
      if (preset) pane?.setWindow(preset);
    },
    toggleCine() {
      const pane = session.activePane();
      pane?.play(!pane.view.get().playing);
    },
    markKeyImage() {
      const side = view.get().active;
      const pane = session.activePane();
      const frame = pane?.frame();
      const study = studyOf(side);
      if (!pane || !frame || !study || !props.onKeyImage) return;
      const { voi } = pane.view.get();
      const thumbnailDataUrl = pane.snapshot(256);
      props.onKeyImage({
        studyInstanceUid: study.studyInstanceUid,
        seriesInstanceUid: frame.seriesInstanceUid,
        sopInstanceUid: frame.sopInstanceUid,
        sopClassUid: frame.sopClassUid,
        frameNumber: frame.frameNumber,
        caption: "",
        ...(voi && frame.samplesPerPixel === 1
          ? { windowCenter: Math.round(voi.center * 10) / 10, windowWidth: Math.round(voi.width * 10) / 10 }
          : {}),
        ...(thumbnailDataUrl ? { thumbnailDataUrl } : {}),
      });
      view.set({ marked: `${frame.sopInstanceUid}/${frame.frameNumber}` });
      clearTimeout(unmark);
      unmark = setTimeout(() => view.set({ marked: null }), 1500);
    },
    jumpTo(pointer) {
      for (const study of [props.current, ...props.priors]) {
        const series = study.series.find(({ seriesInstanceUid }) => seriesInstanceUid === pointer.seriesInstanceUid);
        if (!series) continue;
        const side: Side = study === props.current ? "current" : "prior";
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
      const chosen =
        id ?? tools.annotation.selection.getAnnotationsSelected()[0] ?? view.get().measurements.at(-1)?.id ?? null;
      if (!chosen) return;
      tools.annotation.state.removeAnnotation(chosen);
      refreshMeasurements();
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
        const fitted = [...panes.values()].filter((pane) => fittedBefore.has(pane) || pane.fits());
        fittedBefore.clear();
        engine.resize(true, true);
        for (const pane of panes.values()) pane.resized(fitted.includes(pane));
      });
    },
    close() {
      closed = true;
      clearTimeout(unmark);
      if (resizing) cancelAnimationFrame(resizing);
      if (refreshing) cancelAnimationFrame(refreshing);
      for (const event of annotationEvents) core.eventTarget.removeEventListener(event, onAnnotation);
      for (const pane of panes.values()) pane.close();
      panes.clear();
      void ready.then(() => {
        tools.ToolGroupManager.destroyToolGroup(name);
        engine?.destroy();
        engine = null;
      });
    },
  };
  return session;
}

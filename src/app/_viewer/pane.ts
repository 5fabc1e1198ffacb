import type { Types } from "@cornerstonejs/core";
import * as core from "@cornerstonejs/core";
import { ViewerError } from "./archive.ts";
import { texts } from "./attributes.ts";
import { isLoaded, loadFrame } from "./cornerstone.ts";
import type { Frame, Vec3 } from "./frames.ts";
import { type Letters, lettersFromPatientOrientation, orientationLetters } from "./geometry.ts";
import { nextToFetch } from "./prefetch-order.ts";
import { openingWindow, type Preset, presetsFor, windowPerImage } from "./presets.ts";
import { scrollEvent } from "./scroll-drag-tool.ts";
import type { LoadedSeries } from "./series-store.ts";
import { createStore, type Store } from "./store.ts";

export type Voi = { center: number; width: number };

/** What React draws around and over one viewport. */
export type PaneView = {
  loaded: LoadedSeries | null;
  /** A series is being opened and nothing of it is on the screen yet. */
  opening: boolean;
  /** Why the image asked for cannot be shown. */
  problem: ViewerError | null;
  /** Image asked for, from 0. */
  index: number;
  /** Image on the screen, from 0; null before the first. Lags behind `index` while an image is fetched. */
  shown: number | null;
  ready: number;
  voi: Voi | null;
  /** Screen pixels for one pixel of the image. */
  zoom: number | null;
  inverted: boolean;
  letters: Letters | null;
  playing: boolean;
  fps: number;
  presets: Preset[];
};

const nothing: PaneView = {
  loaded: null,
  opening: false,
  problem: null,
  index: 0,
  shown: null,
  ready: 0,
  voi: null,
  zoom: null,
  inverted: false,
  letters: null,
  playing: false,
  fps: 12,
  presets: [],
};

export type Pane = {
  readonly id: string;
  readonly element: HTMLDivElement;
  readonly view: Store<PaneView>;
  show(loaded: LoadedSeries, index: number): Promise<void>;
  fail(problem: ViewerError): void;
  opening(): void;
  goTo(index: number): void;
  step(images: number): void;
  retry(): void;
  setWindow(window: Voi | null): void;
  reset(): void;
  invert(): void;
  flip(): void;
  rotate(): void;
  zoomBy(factor: number): void;
  play(on: boolean): void;
  setFps(fps: number): void;
  setBusy(limit: number): void;
  /** Whether the whole image fits the viewport as it did when opened: then it is fitted again after a resize. */
  fits(): boolean;
  resized(fit: boolean): void;
  frame(): Frame | null;
  snapshot(maxWidth: number): string | undefined;
  close(): void;
};

const bytesForPictures = 0.6;

/**
 * One viewport: which image is asked for, which is on the screen, what is fetched next.
 *
 * The picture on the screen and the words over it must never disagree, so words follow what the library has
 * painted, and an image that cannot be shown covers the one before it.
 *
 * @param onStep told after the reader, not a link or a jump, moved to another image.
 * @param onPainted told once per painted image.
 */
export function createPane(
  engine: core.RenderingEngine,
  id: string,
  element: HTMLDivElement,
  onStep: (index: number) => void,
  onPainted: () => void,
): Pane {
  keepKeysFromLibrary(element);
  engine.enableElement({
    viewportId: id,
    type: core.Enums.ViewportType.STACK,
    element,
    defaultOptions: { background: [0, 0, 0] },
  });
  const viewport = engine.getViewport(id) as Types.IStackViewport;
  const view = createStore<PaneView>(nothing);
  let generation = 0;
  let direction: 1 | -1 = 1;
  let urgent = 0;
  let flying = new Set<number>();
  let failed = new Map<number, ViewerError>();
  let ownWindows = new Map<number, Voi>();
  let changingImage = false;
  let painted: { index: number; quality: number } | null = null;
  let limit = 4;
  let closed = false;
  let cine = 0;

  const frames = (): Frame[] => view.get().loaded?.frames ?? [];

  function reach(): number {
    const frame = frames()[0];
    if (!frame) return 0;
    const bytes = frame.rows * frame.columns * (frame.samplesPerPixel > 1 ? 3 : 2);
    return Math.max(4, Math.floor((core.cache.getMaxCacheSize() * bytesForPictures) / bytes / 4));
  }

  function pump(): void {
    const all = frames();
    if (closed || all.length === 0 || view.get().shown === null) return;
    const mine = generation;
    const within = reach();
    while (flying.size < limit) {
      const next = nextToFetch(
        all.length,
        view.get().index,
        direction,
        (i) => !flying.has(i) && !failed.has(i) && !isLoaded(all[i] as Frame),
        within,
      );
      if (next === null) break;
      const frame = all[next] as Frame;
      const flight = flying;
      flight.add(next);
      loadFrame(frame, false)
        .catch((error: ViewerError) => {
          if (mine === generation) failed.set(next, error);
        })
        .finally(() => {
          flight.delete(next);
          if (mine !== generation || closed) return;
          countReady();
          pump();
        });
    }
  }

  function countReady(): void {
    view.set({ ready: frames().filter((frame) => isLoaded(frame)).length });
  }

  /** Brings the image asked for to the screen; while one is on its way, only the newest wish counts. */
  async function follow(): Promise<void> {
    const mine = generation;
    const all = frames();
    const index = view.get().index;
    const frame = all[index];
    if (!frame) return;
    const before = failed.get(index);
    if (before) {
      view.set({ problem: before });
      return;
    }
    if (!isLoaded(frame)) {
      if (urgent >= 2) return;
      urgent++;
      try {
        await loadFrame(frame, true);
      } catch (error) {
        if (mine === generation) failed.set(index, error as ViewerError);
      } finally {
        urgent--;
      }
      if (mine !== generation || closed) return;
      if (view.get().index !== index) return void follow();
      const problem = failed.get(index);
      if (problem) {
        view.set({ problem });
        return;
      }
    }
    if (view.get().problem) view.set({ problem: null });
    await viewport.setImageIdIndex(index);
    // Coming back to the image that is still on the screen paints nothing new.
    if (painted?.index === index && mine === generation) view.set({ shown: index });
    if (mine === generation) pump();
  }

  function ask(index: number): boolean {
    const { index: now, loaded } = view.get();
    const length = loaded?.frames.length ?? 0;
    const wanted = Math.max(0, Math.min(length - 1, index));
    if (length === 0 || wanted === now) return false;
    direction = wanted > now ? 1 : -1;
    view.set({ index: wanted });
    void follow();
    return true;
  }

  const current = (): Frame | null => frames()[view.get().shown ?? -1] ?? null;

  function readVoi(): void {
    const range = viewport.getProperties().voiRange;
    if (!range) return;
    // LINEAR of PS3.3 §C.11.2.1.2: the same width and centre the reader would find in the header.
    const { windowWidth, windowCenter } = core.utilities.windowLevel.toWindowLevel(range.lower, range.upper);
    const voi = { center: windowCenter, width: windowWidth };
    view.set({ voi });
    const { shown, loaded } = view.get();
    if (!changingImage && shown !== null && loaded && windowPerImage(loaded.modality)) ownWindows.set(shown, voi);
  }

  function readCamera(): void {
    const frame = current();
    const { clientWidth: width, clientHeight: height } = element;
    if (!frame || width === 0 || height === 0) return;
    const corner = viewport.canvasToWorld([0, 0]);
    const across = difference(viewport.canvasToWorld([width, 0]), corner);
    const downwards = difference(viewport.canvasToWorld([0, height]), corner);
    const right = across.map((value) => value / Math.hypot(...across)) as Vec3;
    const down = downwards.map((value) => value / Math.hypot(...downwards)) as Vec3;
    const [rowEnd, columnEnd] = texts(frame.attributes, "00200020");
    const letters = frame.rowDirection
      ? orientationLetters(right, down)
      : rowEnd && columnEnd
        ? lettersFromPatientOrientation(rowEnd, columnEnd, [right[0], right[1]], [down[0], down[1]])
        : null;
    const perScreenPixel = Math.hypot(...across) / width;
    view.set({ letters, zoom: frame.size.column / perScreenPixel });
  }

  function applyWindow(voi: Voi): void {
    viewport.setProperties({ voiRange: core.utilities.windowLevel.toLowHighRange(voi.width, voi.center) });
  }

  const onPre = () => {
    changingImage = true;
  };
  const onNewImage = (event: Event) => {
    const { image, imageIdIndex } = (event as CustomEvent<{ image: Types.IImage; imageIdIndex: number }>).detail;
    const { loaded } = view.get();
    const frame = loaded?.frames[imageIdIndex];
    if (!loaded || !frame || frame.imageId !== image.imageId) return;
    painted = { index: imageIdIndex, quality: Number(image.imageQualityStatus ?? 8) };
    if (windowPerImage(loaded.modality) && view.get().shown !== null) {
      const own = ownWindows.get(imageIdIndex) ?? openingWindow(loaded.modality, frame);
      if (own) applyWindow(own);
      else applyWindow({ center: Number(image.windowCenter), width: Number(image.windowWidth) });
    }
    changingImage = false;
  };
  const onRendered = () => {
    const image = painted;
    const frame = image ? frames()[image.index] : undefined;
    if (!image || !frame) return;
    const isNew = element.dataset.image !== frame.sopInstanceUid || element.dataset.index !== String(image.index);
    element.dataset.image = frame.sopInstanceUid;
    element.dataset.frame = String(frame.frameNumber);
    element.dataset.index = String(image.index);
    element.dataset.quality = String(image.quality);
    if (view.get().shown !== image.index || view.get().opening) {
      view.set({ shown: image.index, opening: false });
      readVoi();
      readCamera();
      pump();
    }
    if (isNew) onPainted();
  };
  const onScroll = (event: Event) => step((event as CustomEvent<number>).detail);
  const listeners: [string, (event: Event) => void][] = [
    [core.Enums.Events.PRE_STACK_NEW_IMAGE, onPre],
    [core.Enums.Events.STACK_NEW_IMAGE, onNewImage],
    [core.Enums.Events.IMAGE_RENDERED, onRendered],
    [core.Enums.Events.VOI_MODIFIED, readVoi],
    [core.Enums.Events.CAMERA_MODIFIED, readCamera],
    [scrollEvent, onScroll],
  ];
  for (const [name, listener] of listeners) element.addEventListener(name, listener);

  function step(images: number): void {
    if (ask(view.get().index + images)) onStep(view.get().index);
  }

  function stopCine(): void {
    if (cine) cancelAnimationFrame(cine);
    cine = 0;
  }

  function clear(): void {
    generation++;
    stopCine();
    flying = new Set();
    failed = new Map();
    ownWindows = new Map();
    painted = null;
    urgent = 0;
    for (const name of ["image", "frame", "index", "quality"]) delete element.dataset[name];
  }

  async function show(loaded: LoadedSeries, wanted: number): Promise<void> {
    clear();
    const mine = generation;
    const index = Math.max(0, Math.min(loaded.frames.length - 1, wanted));
    element.dataset.count = String(loaded.frames.length);
    view.set({
      ...nothing,
      loaded,
      index,
      opening: loaded.frames.length > 0,
      fps: Math.max(1, Math.min(60, Math.round(loaded.frameRate ?? (loaded.modality === "US" ? 25 : 12)))),
    });
    const frame = loaded.frames[index];
    if (!frame) return;
    try {
      const image = await loadFrame(frame, true);
      if (mine !== generation || closed) return;
      await viewport.setStack(
        loaded.frames.map(({ imageId }) => imageId),
        index,
      );
      if (mine !== generation || closed) return;
      viewport.resetCamera();
      const window = openingWindow(loaded.modality, frame);
      if (window && !image.color) applyWindow(window);
      viewport.render();
      view.set({
        presets: presetsFor(loaded.modality, frame, image.color ? null : [image.minPixelValue, image.maxPixelValue]),
      });
      countReady();
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (view.get().index !== index) void follow();
      else pump();
    } catch (error) {
      if (mine !== generation || closed) return;
      const problem =
        error instanceof ViewerError ? error : new ViewerError("unreadable", "This image cannot be shown.");
      failed.set(index, problem);
      view.set({ problem, opening: false });
      // The next image may well be sound.
      view.set({ shown: null });
    }
  }

  function play(on: boolean): void {
    stopCine();
    const length = frames().length;
    view.set({ playing: on && length > 1 });
    if (!on || length < 2) return;
    let due = performance.now();
    const tick = (now: number) => {
      cine = requestAnimationFrame(tick);
      const interval = 1000 / view.get().fps;
      if (now < due) return;
      const next = (view.get().index + 1) % frames().length;
      const frame = frames()[next];
      // A loop that has to wait keeps the order of images rather than the clock.
      if (!frame || view.get().shown !== view.get().index || (!isLoaded(frame) && !failed.has(next))) {
        pump();
        return;
      }
      due = Math.max(due + interval, now);
      ask(next);
    };
    cine = requestAnimationFrame(tick);
  }

  return {
    id,
    element,
    view,
    show,
    fail(problem) {
      clear();
      view.set({ ...nothing, problem });
    },
    opening() {
      clear();
      view.set({ ...nothing, opening: true });
    },
    goTo: (index) => void ask(index),
    step,
    retry() {
      const { loaded, index, shown } = view.get();
      failed.delete(index);
      view.set({ problem: null });
      if (loaded && shown === null) void show(loaded, index);
      else void follow();
    },
    setWindow(window) {
      const frame = current();
      const { loaded } = view.get();
      if (!frame || !loaded || frame.samplesPerPixel > 1) return;
      const opening = window ?? openingWindow(loaded.modality, frame);
      const image = core.cache.getImage(frame.imageId);
      if (opening) applyWindow(opening);
      else if (image) applyWindow({ center: Number(image.windowCenter), width: Number(image.windowWidth) });
      viewport.render();
    },
    reset() {
      const { shown, loaded } = view.get();
      if (shown === null || !loaded) return;
      viewport.resetProperties();
      viewport.resetCamera();
      ownWindows.clear();
      view.set({ inverted: false });
      const frame = current();
      const window = frame ? openingWindow(loaded.modality, frame) : null;
      if (window && frame?.samplesPerPixel === 1) applyWindow(window);
      viewport.render();
      readVoi();
      readCamera();
    },
    invert() {
      if (view.get().shown === null) return;
      viewport.setProperties({ invert: !viewport.getProperties().invert });
      view.set({ inverted: !view.get().inverted });
      viewport.render();
    },
    flip() {
      if (view.get().shown === null) return;
      viewport.setCamera({ flipHorizontal: !viewport.getCamera().flipHorizontal });
      viewport.render();
      readCamera();
    },
    rotate() {
      if (view.get().shown === null) return;
      const presentation = viewport.getViewPresentation();
      viewport.setViewPresentation({ ...presentation, rotation: ((presentation.rotation ?? 0) + 90) % 360 });
      viewport.render();
      readCamera();
    },
    zoomBy(factor) {
      if (view.get().shown === null) return;
      viewport.setZoom(viewport.getZoom() * factor);
      viewport.render();
      readCamera();
    },
    play,
    setFps: (fps) => view.set({ fps: Math.max(1, Math.min(60, fps)) }),
    setBusy(inFlight) {
      limit = inFlight;
      pump();
    },
    fits() {
      if (view.get().shown === null) return true;
      const [x = 0, y = 0] = viewport.getPan();
      return Math.abs(viewport.getZoom() - 1) < 0.01 && Math.hypot(x, y) < 2;
    },
    resized(fit) {
      if (view.get().shown === null) return;
      if (fit) {
        viewport.setZoom(1);
        viewport.setPan([0, 0]);
        viewport.render();
      }
      readCamera();
    },
    frame: current,
    snapshot(maxWidth) {
      const canvas = element.querySelector<HTMLCanvasElement>("canvas.cornerstone-canvas");
      if (!canvas || canvas.width === 0 || view.get().shown === null) return undefined;
      const scale = Math.min(1, maxWidth / canvas.width);
      const small = document.createElement("canvas");
      small.width = Math.round(canvas.width * scale);
      small.height = Math.round(canvas.height * scale);
      small.getContext("2d")?.drawImage(canvas, 0, 0, small.width, small.height);
      return small.toDataURL("image/jpeg", 0.8);
    },
    close() {
      closed = true;
      clear();
      for (const [name, listener] of listeners) element.removeEventListener(name, listener);
      engine.disableElement(id);
    },
  };
}

function difference(a: ArrayLike<number>, b: ArrayLike<number>): Vec3 {
  return [(a[0] ?? 0) - (b[0] ?? 0), (a[1] ?? 0) - (b[1] ?? 0), (a[2] ?? 0) - (b[2] ?? 0)];
}

/**
 * The library listens to keys on its element and takes every one of them, Tab included. Its own uses of keys
 * (undo by Z) are not ours, so it gets none.
 */
function keepKeysFromLibrary(element: HTMLDivElement): void {
  const listen = element.addEventListener.bind(element);
  element.addEventListener = (
    type: string,
    ...rest: [EventListenerOrEventListenerObject, AddEventListenerOptions?]
  ) => {
    if (type !== "keydown") listen(type, ...rest);
  };
}

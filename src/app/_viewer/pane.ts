import type { Types } from "@cornerstonejs/core";
import * as core from "@cornerstonejs/core";
import { ViewerError } from "./archive.ts";
import { cameraWords } from "./camera-words.ts";
import { createCine } from "./cine.ts";
import { isLoaded, loadFrame } from "./cornerstone.ts";
import { createFrameQueue } from "./frame-queue.ts";
import type { Frame } from "./frames.ts";
import { emptyPane, type PaneView, type Voi } from "./pane-view.ts";
import { openingWindow, presetsFor, windowPerImage } from "./presets.ts";
import { scrollEvent } from "./scroll-drag-tool.ts";
import type { LoadedSeries } from "./series-store.ts";
import { createStore, type Store } from "./store.ts";

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
  /** The viewport has another size: an image that stood in it whole does so again. */
  resized(): void;
  frame(): Frame | null;
  snapshot(maxWidth: number): string | undefined;
  close(): void;
};

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
  const view = createStore<PaneView>(emptyPane);
  let generation = 0;
  let direction: 1 | -1 = 1;
  let urgent = 0;
  let ownWindows = new Map<number, Voi>();
  let changingImage = false;
  let painted: { index: number; quality: number } | null = null;
  let closed = false;
  /** The whole image stands in the viewport, as it was opened: until the reader zooms or moves it, and again after a reset. */
  let fitted = true;
  /** A hand is on the picture: only then is a moved camera the reader's doing, and not that of a resized window. */
  let held = false;

  const frames = (): Frame[] => view.get().loaded?.frames ?? [];
  const queue = createFrameQueue(
    () => ({ frames: frames(), index: view.get().index, direction, ready: !closed && view.get().shown !== null }),
    (ready) => view.set({ ready }),
  );
  const cine = createCine(
    () => 1000 / view.get().fps,
    () => {
      const { index, shown } = view.get();
      const next = (index + 1) % frames().length;
      const frame = frames()[next];
      if (!frame || shown !== index || (!isLoaded(frame) && !queue.failure(next))) {
        queue.pump();
        return false;
      }
      ask(next);
      return true;
    },
  );

  /** Brings the image asked for to the screen; while one is on its way, only the newest wish counts. */
  async function follow(): Promise<void> {
    const mine = generation;
    const all = frames();
    const index = view.get().index;
    const frame = all[index];
    if (!frame) return;
    const before = queue.failure(index);
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
        if (mine === generation) queue.fail(index, error as ViewerError);
      } finally {
        urgent--;
      }
      if (mine !== generation || closed) return;
      if (view.get().index !== index) return void follow();
      const problem = queue.failure(index);
      if (problem) {
        view.set({ problem });
        return;
      }
    }
    if (view.get().problem) view.set({ problem: null });
    await viewport.setImageIdIndex(index);
    // Coming back to the image that is still on the screen paints nothing new.
    if (painted?.index === index && mine === generation) view.set({ shown: index });
    if (mine === generation) queue.pump();
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
    if (held) measureFit();
    const frame = current();
    const words = frame ? cameraWords(viewport, element, frame) : null;
    if (words) view.set(words);
  }

  function measureFit(): void {
    const [x = 0, y = 0] = viewport.getPan();
    fitted = Math.abs(viewport.getZoom() - 1) < 0.01 && Math.hypot(x, y) < 2;
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
      queue.pump();
    }
    if (isNew) onPainted();
  };
  const onHold = () => {
    held = true;
  };
  const onLetGo = () => {
    held = false;
  };
  const onScroll = (event: Event) => step((event as CustomEvent<number>).detail);
  const listeners: [string, (event: Event) => void][] = [
    [core.Enums.Events.PRE_STACK_NEW_IMAGE, onPre],
    [core.Enums.Events.STACK_NEW_IMAGE, onNewImage],
    [core.Enums.Events.IMAGE_RENDERED, onRendered],
    [core.Enums.Events.VOI_MODIFIED, readVoi],
    [core.Enums.Events.CAMERA_MODIFIED, readCamera],
    [scrollEvent, onScroll],
    ["pointerdown", onHold],
  ];
  const letGo = ["pointerup", "pointercancel"] as const;
  for (const name of letGo) window.addEventListener(name, onLetGo);
  for (const [name, listener] of listeners) element.addEventListener(name, listener);

  function step(images: number): void {
    if (ask(view.get().index + images)) onStep(view.get().index);
  }

  function clear(): void {
    generation++;
    cine.stop();
    queue.reset();
    ownWindows = new Map();
    painted = null;
    fitted = true;
    urgent = 0;
    for (const name of ["image", "frame", "index", "quality"]) delete element.dataset[name];
  }

  async function show(loaded: LoadedSeries, wanted: number): Promise<void> {
    clear();
    const mine = generation;
    const index = Math.max(0, Math.min(loaded.frames.length - 1, wanted));
    element.dataset.count = String(loaded.frames.length);
    view.set({
      ...emptyPane,
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
      queue.countReady();
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (view.get().index !== index) void follow();
      else queue.pump();
    } catch (error) {
      if (mine !== generation || closed) return;
      const problem =
        error instanceof ViewerError ? error : new ViewerError("unreadable", "This image cannot be shown.");
      queue.fail(index, problem);
      view.set({ problem, opening: false });
      // The next image may well be sound.
      view.set({ shown: null });
    }
  }

  function play(on: boolean): void {
    cine.stop();
    const playing = on && frames().length > 1;
    view.set({ playing });
    if (playing) cine.start();
  }

  return {
    id,
    element,
    view,
    show,
    fail(problem) {
      clear();
      view.set({ ...emptyPane, problem });
    },
    opening() {
      clear();
      view.set({ ...emptyPane, opening: true });
    },
    goTo: (index) => void ask(index),
    step,
    retry() {
      const { loaded, index, shown } = view.get();
      queue.forget(index);
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
      fitted = true;
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
      measureFit();
      viewport.render();
      readCamera();
    },
    play,
    setFps: (fps) => view.set({ fps: Math.max(1, Math.min(60, fps)) }),
    setBusy: (inFlight) => queue.setLimit(inFlight),
    resized() {
      if (view.get().shown === null) return;
      if (fitted) {
        // Fitted anew, not "zoom 1": a resize that meets a picture just being drawn leaves the library with the fit of the old size.
        const presentation = viewport.getViewPresentation();
        viewport.resetCamera();
        viewport.setViewPresentation({ ...presentation, zoom: 1, pan: [0, 0] });
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
      for (const name of letGo) window.removeEventListener(name, onLetGo);
      engine.disableElement(id);
    },
  };
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

import type { Types } from "@cornerstonejs/core";
import * as core from "@cornerstonejs/core";
import { ViewerError } from "./archive.ts";
import { cameraWords } from "./camera-words.ts";
import { createCine } from "./cine.ts";
import { isLoaded, loadFrame } from "./cornerstone.ts";
import { sentVoi } from "./frame-image.ts";
import { createFrameQueue } from "./frame-queue.ts";
import type { Frame } from "./frames.ts";
import { keepKeysFromLibrary, snapshotOf } from "./pane-element.ts";
import type { Pane } from "./pane-handle.ts";
import { emptyPane, type PaneView } from "./pane-view.ts";
import { createPaneVoi } from "./pane-voi.ts";
import { delayBefore, nextImage, type Playback, playbackOf } from "./playback.ts";
import { openingVoi, presetsFor, windowPerImage } from "./presets.ts";
import { scrollEvent } from "./scroll-drag-tool.ts";
import type { LoadedSeries } from "./series-store.ts";
import { createStore } from "./store.ts";
import type { Voi } from "./voi.ts";

export type { Pane } from "./pane-handle.ts";

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
  const voi = createPaneVoi(viewport);
  let generation = 0;
  let direction: 1 | -1 = 1;
  let urgent = 0;
  let ownWindows = new Map<number, Voi>();
  let changingImage = false;
  /** The image given to the renderer, and the one that it has put on the screen. */
  let painted: { index: number; quality: number } | null = null;
  let drawn: number | null = null;
  /** The renderer has this series: not before an image of it could be shown. */
  let stacked = false;
  let playback: Playback = playbackOf([], 0);
  let playingTo: 1 | -1 = 1;
  let given: Voi | null = null;
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
    () => delayBefore(playback, nextImage(playback, view.get().index, playingTo).index, view.get().fps),
    () => {
      const { index, shown } = view.get();
      const next = nextImage(playback, index, playingTo);
      const frame = frames()[next.index];
      if (!frame || shown !== index || (!isLoaded(frame) && !queue.failure(next.index))) {
        queue.pump();
        return false;
      }
      playingTo = next.direction;
      ask(next.index);
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
    if (stacked) await viewport.setImageIdIndex(index);
    else await stack(index, mine);
    // Coming back to the image that is still on the screen paints nothing new.
    if (painted?.index === index && drawn === index && mine === generation) view.set({ shown: index });
    if (mine === generation) queue.pump();
  }

  /** Gives the series to the renderer, with an image that is there. */
  async function stack(index: number, mine: number): Promise<void> {
    const { loaded } = view.get();
    const frame = frames()[index];
    const image = frame && core.cache.getImage(frame.imageId);
    if (!loaded || !frame || !image) return;
    const imageIds = frames().map(({ imageId }) => imageId);
    await viewport.setStack(imageIds, index);
    if (mine !== generation || closed) return;
    stacked = true;
    viewport.resetCamera();
    viewport.render();
    const values: [number, number] | null = image.color ? null : [image.minPixelValue, image.maxPixelValue];
    view.set({ presets: presetsFor(loaded.modality, frame, values) });
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

  const inverse = (frame: Frame) => frame.inverse !== view.get().inverted;

  function readVoi(): void {
    voi.readRange();
    const now = voi.current();
    view.set({ voi: now });
    const { shown, loaded } = view.get();
    if (now && !changingImage && shown !== null && loaded && windowPerImage(loaded.modality))
      ownWindows.set(shown, now);
  }

  /** How an image opens; null for colour. */
  function opening(frame: Frame): Voi | null {
    const { loaded } = view.get();
    const image = core.cache.getImage(frame.imageId);
    const sent = image ? sentVoi(image) : null;
    return sent && loaded ? (given ?? openingVoi(loaded.modality, frame, sent)) : null;
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

  const onPre = () => {
    changingImage = true;
  };
  const onNewImage = (event: Event) => {
    const { image, imageIdIndex } = (event as CustomEvent<{ image: Types.IImage; imageIdIndex: number }>).detail;
    const { loaded } = view.get();
    const frame = loaded?.frames[imageIdIndex];
    if (!loaded || !frame || frame.imageId !== image.imageId) return;
    painted = { index: imageIdIndex, quality: Number(image.imageQualityStatus ?? 8) };
    const own = opening(frame);
    if (!own) voi.applyColour();
    else if (windowPerImage(loaded.modality) || !voi.current()) voi.apply(ownWindows.get(imageIdIndex) ?? own);
    voi.draw(inverse(frame));
    changingImage = false;
  };
  const onRendered = () => {
    const image = painted;
    const frame = image ? frames()[image.index] : undefined;
    if (!image || !frame) return;
    drawn = image.index;
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
    drawn = null;
    stacked = false;
    given = null;
    voi.clear();
    fitted = true;
    urgent = 0;
    for (const name of ["image", "frame", "index", "quality"]) delete element.dataset[name];
  }

  async function show(loaded: LoadedSeries, wanted: number, window: Voi | null = null): Promise<void> {
    clear();
    given = window;
    const mine = generation;
    const index = Math.max(0, Math.min(loaded.frames.length - 1, wanted));
    element.dataset.count = String(loaded.frames.length);
    playback = playbackOf(loaded.frames, index);
    view.set({
      ...emptyPane,
      loaded,
      index,
      opening: loaded.frames.length > 0,
      fps: Math.max(1, Math.min(60, Math.round(playback.rate ?? (loaded.modality === "US" ? 25 : 12)))),
    });
    const frame = loaded.frames[index];
    if (!frame) return;
    try {
      await loadFrame(frame, true);
      if (mine !== generation || closed) return;
      await stack(index, mine);
      if (mine !== generation || closed) return;
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
    playback = playbackOf(frames(), view.get().index);
    playingTo = 1;
    const playing = on && playback.last > playback.first;
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
      if (loaded && shown === null) void show(loaded, index, given);
      else void follow();
    },
    setWindow(window) {
      const frame = current();
      given = null;
      const sent = frame && opening(frame);
      const wanted = sent && (window ?? sent);
      if (!wanted) return;
      voi.apply(wanted);
      readVoi();
      viewport.render();
    },
    reset() {
      const frame = current();
      if (!frame) return;
      given = null;
      ownWindows.clear();
      view.set({ inverted: false });
      viewport.resetCamera();
      fitted = true;
      const window = opening(frame);
      if (window) voi.apply(window);
      voi.draw(inverse(frame));
      viewport.render();
      readVoi();
      readCamera();
    },
    invert() {
      const frame = current();
      if (!frame) return;
      view.set({ inverted: !view.get().inverted });
      voi.draw(inverse(frame));
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
    snapshot: (maxWidth) => (view.get().shown === null ? undefined : snapshotOf(element, maxWidth)),
    close() {
      closed = true;
      clear();
      for (const [name, listener] of listeners) element.removeEventListener(name, listener);
      for (const name of letGo) window.removeEventListener(name, onLetGo);
      engine.disableElement(id);
    },
  };
}

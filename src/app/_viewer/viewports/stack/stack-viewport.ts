import type { Types } from "@cornerstonejs/core";
import * as core from "@cornerstonejs/core";
import { isLoaded } from "../../cornerstone.ts";
import type { Frame } from "../../frame.ts";
import type { LoadedSeries } from "../../series-store.ts";
import type { ViewportReport } from "../../session/actions.ts";
import type { Cell } from "../../session/cell.ts";
import { createStore } from "../../store.ts";
import { emptyView, type Viewport, type ViewportPort, type ViewportView } from "../viewport.ts";
import { createStackCamera } from "./camera.ts";
import { keepKeysFromLibrary, snapshotOf } from "./element.ts";
import { createFrameQueue } from "./frame-queue.ts";
import { createLoop } from "./loop.ts";
import { createPreviewLayer } from "./preview-layer.ts";
import { listenToStack } from "./stack-events.ts";
import { createStackImages } from "./stack-images.ts";
import { createWindows } from "./windows.ts";

/**
 * A series as a stack of images to page through.
 *
 * Image and overlay text must never disagree: the text follows what the library has drawn, and an image that cannot be
 * shown covers the previous one.
 */
export function createStackViewport(
  engine: core.RenderingEngine,
  id: string,
  element: HTMLDivElement,
  first: Cell,
  port: ViewportPort,
): Viewport {
  keepKeysFromLibrary(element);
  engine.enableElement({
    viewportId: id,
    type: core.Enums.ViewportType.STACK,
    element,
    defaultOptions: { background: [0, 0, 0] },
  });
  const viewport = engine.getViewport(id) as Types.IStackViewport;
  const view = createStore<ViewportView>(emptyView);
  let cell = first;
  /** The series that is shown, and the image of it requested last. */
  let showing: LoadedSeries | null = null;
  let asked = 0;
  let direction: 1 | -1 = 1;
  /** The image given to the renderer, and the one it has drawn. */
  let painted: { index: number; quality: number } | null = null;
  let drawn: number | null = null;

  const tell = (report: ViewportReport): void => port.report(showing, report);
  const frameAt = (index: number | null | undefined): Frame | null => showing?.frames[index ?? -1] ?? null;
  const queue = createFrameQueue(
    () => ({ frames: showing?.frames ?? [], index: asked, direction, ready: view.get().shown !== null }),
    (ready) => view.set({ ready }),
    port.onIdle,
  );
  const windows = createWindows(
    viewport,
    () => cell,
    (voi) => view.set({ voi }),
    (index, window) => tell({ type: "windowed", index, window }),
  );
  const camera = createStackCamera(
    viewport,
    element,
    (words) => view.set(words),
    (moved) => tell({ type: "moved", camera: moved }),
  );
  const previews = createPreviewLayer(
    viewport,
    element,
    () => cell,
    (preview) => view.set({ preview }),
  );
  const images = createStackImages(viewport, queue, {
    asked: () => asked,
    drawn: () => (painted?.index === drawn ? drawn : null),
    onStacked(image) {
      tell({ type: "stacked", range: image.color ? null : [image.minPixelValue, image.maxPixelValue] });
      const frame = frameAt(asked);
      if (frame) camera.sync(cell.presentation.camera, frame);
    },
    onUnchanged(index) {
      previews.hide();
      view.set({ shown: index });
    },
    onProblem(problem) {
      if (problem) previews.hide();
      view.set({ problem });
    },
    onPreview(index, preview) {
      const seen = frameAt(drawn);
      previews.show(index, preview, seen && { frame: seen, voi: view.get().voi });
    },
    onOpenFailed(problem) {
      previews.hide();
      view.set({ problem, opening: false, shown: null });
    },
  });
  const loop = createLoop(
    () => cell,
    (index) => view.get().shown === index,
    (index) => {
      const frame = frameAt(index);
      const here = frame !== null && (isLoaded(frame) || queue.failure(index) !== undefined);
      if (!here) queue.pump();
      return here;
    },
    (index) => tell({ type: "turned", index }),
  );
  const deafen = listenToStack(element, {
    onBeforeImage: windows.changing,
    onImage(image, index) {
      const frame = frameAt(index);
      if (!frame || frame.imageId !== image.imageId) return;
      painted = { index, quality: Number(image.imageQualityStatus ?? 8) };
      windows.onImage(frame, index);
    },
    onRendered,
    onWindow: () => windows.read(view.get().shown),
    onCamera() {
      const frame = frameAt(view.get().shown);
      if (frame) camera.read(frame);
    },
    onScroll: (steps) => tell({ type: "dragged", images: steps }),
  });

  function onRendered(): void {
    const frame = frameAt(painted?.index);
    if (!painted || !frame) return;
    drawn = painted.index;
    if (drawn === asked || drawn === previews.shown()) previews.hide();
    const isNew = element.dataset.image !== frame.sopInstanceUid || element.dataset.index !== String(drawn);
    element.dataset.image = frame.sopInstanceUid;
    element.dataset.frame = String(frame.frameNumber);
    element.dataset.index = String(drawn);
    element.dataset.quality = String(painted.quality);
    if (view.get().shown !== drawn || view.get().opening) {
      view.set({ shown: drawn, opening: false });
      windows.read(drawn);
      camera.read(frame);
      queue.pump();
    }
    if (isNew) tell({ type: "painted" });
  }

  function clear(): void {
    loop.stop();
    previews.hide();
    images.clear();
    queue.reset();
    windows.clear();
    camera.clear();
    painted = null;
    drawn = null;
    for (const name of ["image", "frame", "index", "quality", "count"]) delete element.dataset[name];
  }

  function show({ loaded, problem, presentation }: Cell): void {
    clear();
    showing = loaded;
    asked = presentation.index;
    direction = 1;
    const some = loaded ? loaded.frames.length > 0 : !problem;
    view.set({ ...emptyView, opening: some });
    if (!loaded) return;
    element.dataset.count = String(loaded.frames.length);
    void images.open(loaded);
  }

  show(first);
  return {
    id,
    view,
    sync(now, fit) {
      const before = cell;
      camera.stand(fit);
      previews.stand(fit);
      cell = now;
      if (now.loaded !== showing || now.source !== before.source || now.problem !== before.problem) show(now);
      else if (now.presentation.index !== asked) {
        direction = now.presentation.index > asked ? 1 : -1;
        asked = now.presentation.index;
        void images.follow();
      }
      loop.sync(now);
      const frame = frameAt(painted?.index);
      if (!painted || !frame) return;
      const turned = camera.sync(now.presentation.camera, frame);
      if (windows.sync(frame, painted.index) || turned) viewport.render();
    },
    move(how) {
      const frame = frameAt(view.get().shown);
      if (!frame) return;
      camera.move(how, frame);
      viewport.render();
    },
    refetch() {
      queue.forget(asked);
      view.set({ problem: null });
      if (showing && view.get().shown === null) show(cell);
      else void images.follow();
    },
    setPrefetch: queue.setLimit,
    wantsMore: queue.wantsMore,
    resized() {
      previews.hide();
      const frame = frameAt(painted?.index);
      // A hidden viewport has no size and draws nothing.
      if (!frame || element.clientWidth === 0) return;
      if (camera.resized(frame) || drawn !== painted?.index) viewport.render();
      camera.read(frame);
    },
    frame: () => (previews.shown() === null ? frameAt(view.get().shown) : null),
    snapshot: (maxWidth) => (view.get().shown === null ? undefined : snapshotOf(element, maxWidth)),
    close() {
      clear();
      showing = null;
      deafen();
      camera.close();
      engine.disableElement(id);
    },
  };
}

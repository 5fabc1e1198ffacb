import type { Types } from "@cornerstonejs/core";
import * as core from "@cornerstonejs/core";
import { isLoaded, loadFrame } from "../../cornerstone.ts";
import type { Frame } from "../../frame.ts";
import { type Preview, watchPreviews } from "../../preview.ts";
import type { LoadedSeries } from "../../series-store.ts";
import { ViewerError } from "../../viewer-error.ts";
import type { FrameQueue } from "./frame-queue.ts";

/** Loads images of one series and gives them to the renderer. */
export type StackImages = {
  /** Opens a series at the requested image. */
  open(loaded: LoadedSeries): Promise<void>;
  /** Goes to the requested image; of several requests during a load only the newest counts. */
  follow(): Promise<void>;
  /** Forgets the previous series. */
  clear(): void;
};

/** What is asked and told on the way. */
type Hooks = {
  /** Index of the requested image, from 0. */
  asked(): number;
  /** Index of the image last drawn; null before the first. */
  drawn(): number | null;
  /** The renderer has the series; its first image is not drawn yet. */
  onStacked(image: Types.IImage): void;
  /** The requested image is still on the screen. */
  onUnchanged(index: number): void;
  /** Why the requested image cannot be shown; null when it can. */
  onProblem(problem: ViewerError | null): void;
  /** A smaller picture of the requested image, made of what has come of it. */
  onPreview(index: number, preview: Preview): void;
  /** Not even the first image could be shown. */
  onOpenFailed(problem: ViewerError): void;
};

export function createStackImages(viewport: Types.IStackViewport, queue: FrameQueue, hooks: Hooks): StackImages {
  let series: LoadedSeries | null = null;
  let generation = 0;
  let urgent = 0;
  /** The renderer has this series, which takes at least one image that can be shown. */
  let stacked = false;

  const frameAt = (index: number): Frame | undefined => series?.frames[index];

  /** Loads an image that is waited for, and shows what has come of it meanwhile. */
  async function load(frame: Frame, index: number, mine: number): Promise<void> {
    const unwatch = watchPreviews(frame.imageId, (preview) => {
      if (mine === generation && hooks.asked() === index) hooks.onPreview(index, preview);
    });
    await loadFrame(frame, true).finally(unwatch);
  }

  /** Gives the series to the renderer, with a loaded image. */
  async function stack(index: number, mine: number): Promise<void> {
    const frame = frameAt(index);
    const image = frame && core.cache.getImage(frame.imageId);
    if (!series || !image) return;
    await viewport.setStack(
      series.frames.map(({ imageId }) => imageId),
      index,
    );
    if (mine !== generation) return;
    stacked = true;
    viewport.resetCamera();
    hooks.onStacked(image);
    viewport.render();
  }

  async function follow(): Promise<void> {
    const mine = generation;
    const index = hooks.asked();
    const frame = frameAt(index);
    if (!frame) return;
    const before = queue.failure(index);
    if (before) return hooks.onProblem(before);
    if (!isLoaded(frame)) {
      if (urgent >= 2) return;
      urgent++;
      try {
        await load(frame, index, mine);
      } catch (error) {
        if (mine === generation) queue.fail(index, error as ViewerError);
      } finally {
        if (mine === generation) urgent--;
      }
      if (mine !== generation) return;
      if (hooks.asked() !== index) return void follow();
      const problem = queue.failure(index);
      if (problem) return hooks.onProblem(problem);
    }
    hooks.onProblem(null);
    if (stacked) await viewport.setImageIdIndex(index);
    else await stack(index, mine);
    if (mine !== generation) return;
    // Going back to the image on the screen draws nothing, so no event follows.
    if (hooks.drawn() === index) hooks.onUnchanged(index);
    queue.pump();
  }

  return {
    async open(loaded) {
      const mine = generation;
      series = loaded;
      const index = hooks.asked();
      const frame = frameAt(index);
      if (!frame) return;
      try {
        await load(frame, index, mine);
        if (mine !== generation) return;
        await stack(index, mine);
        if (mine !== generation) return;
        queue.countReady();
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (mine !== generation) return;
        if (hooks.asked() !== index) void follow();
        else queue.pump();
      } catch (error) {
        if (mine !== generation) return;
        const problem =
          error instanceof ViewerError ? error : new ViewerError("unreadable", "This image cannot be shown.");
        queue.fail(index, problem);
        // The next image may be readable.
        hooks.onOpenFailed(problem);
        if (hooks.asked() !== index) void follow();
      }
    },
    follow,
    clear() {
      generation++;
      series = null;
      urgent = 0;
      stacked = false;
    },
  };
}

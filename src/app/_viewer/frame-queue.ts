import * as core from "@cornerstonejs/core";
import type { ViewerError } from "./archive.ts";
import { isLoaded, loadFrame } from "./cornerstone.ts";
import type { Frame } from "./frames.ts";
import { nextToFetch } from "./prefetch-order.ts";

/** What a pane fetches ahead of its reader, and what could not be had. */
export type FrameQueue = {
  /** Fetches what is worth fetching next, as many at once as allowed. */
  pump(): void;
  setLimit(inFlight: number): void;
  countReady(): void;
  failure(index: number): ViewerError | undefined;
  fail(index: number, problem: ViewerError): void;
  /** Lets a failed image be asked for again. */
  forget(index: number): void;
  /** Another series: nothing of the one before counts any more. */
  reset(): void;
};

const bytesForPictures = 0.6;

/**
 * @param reader what the pane shows now: its frames, the image asked for, the way the reader goes; `ready` is false
 *   before the first image, which shares its line with nobody.
 * @param onReady told how many images are there.
 */
export function createFrameQueue(
  reader: () => { frames: readonly Frame[]; index: number; direction: 1 | -1; ready: boolean },
  onReady: (count: number) => void,
): FrameQueue {
  let flying = new Set<number>();
  let failed = new Map<number, ViewerError>();
  let limit = 4;

  function countReady(): void {
    onReady(reader().frames.filter((frame) => isLoaded(frame)).length);
  }

  function pump(): void {
    const { frames, index, direction, ready } = reader();
    if (frames.length === 0 || !ready) return;
    const within = reach(frames);
    while (flying.size < limit) {
      const next = nextToFetch(
        frames.length,
        index,
        direction,
        (i) => !flying.has(i) && !failed.has(i) && !isLoaded(frames[i] as Frame),
        within,
      );
      if (next === null) break;
      const flight = flying;
      flight.add(next);
      loadFrame(frames[next] as Frame, false)
        .catch((error: ViewerError) => {
          if (flight === flying) failed.set(next, error);
        })
        .finally(() => {
          flight.delete(next);
          if (flight !== flying) return;
          countReady();
          pump();
        });
    }
  }

  return {
    pump,
    countReady,
    setLimit(inFlight) {
      limit = inFlight;
      pump();
    },
    failure: (index) => failed.get(index),
    fail: (index, problem) => void failed.set(index, problem),
    forget: (index) => void failed.delete(index),
    reset() {
      flying = new Set();
      failed = new Map();
    },
  };
}

/** How far from the image on the screen fetching ahead pays: what does not fit the cache pushes out what does. */
function reach(frames: readonly Frame[]): number {
  const [frame] = frames;
  if (!frame) return 0;
  const bytes = frame.rows * frame.columns * (frame.samplesPerPixel > 1 ? 3 : 2);
  return Math.max(4, Math.floor((core.cache.getMaxCacheSize() * bytesForPictures) / bytes / 4));
}

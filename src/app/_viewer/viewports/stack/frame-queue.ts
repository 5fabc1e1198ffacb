import * as core from "@cornerstonejs/core";
import { isLoaded, loadFrame } from "../../cornerstone.ts";
import type { Frame } from "../../frame.ts";
import type { ViewerError } from "../../viewer-error.ts";
import { nextToPrefetch } from "./prefetch-order.ts";

/** Prefetches frames for one viewport, and remembers which failed. */
export type FrameQueue = {
  /** Fetches the next frames, as many at once as allowed. */
  pump(): void;
  /** @param ofCache share of the cache, 0 to 1. */
  setLimit(inFlight: number, ofCache: number): void;
  /** Something is left to prefetch. */
  wantsMore(): boolean;
  countReady(): void;
  failure(index: number): ViewerError | undefined;
  fail(index: number, problem: ViewerError): void;
  /** Lets a failed image be requested again. */
  forget(index: number): void;
  /** Starts over for another series. */
  reset(): void;
};

const bytesForPictures = 0.6;

/**
 * @param reader what the viewport shows now: its frames, the requested image and the direction of travel; `ready` is
 * false before the first image, which does not share bandwidth with prefetching.
 * @param onReady called with the number of loaded images.
 * @param onIdle called when nothing is left to prefetch.
 */
export function createFrameQueue(
  reader: () => { frames: readonly Frame[]; index: number; direction: 1 | -1; ready: boolean },
  onReady: (count: number) => void,
  onIdle: () => void,
): FrameQueue {
  let flying = new Set<number>();
  let failed = new Map<number, ViewerError>();
  let limit = 0;
  let share = 1;

  function countReady(): void {
    onReady(reader().frames.filter((frame) => isLoaded(frame)).length);
  }

  function nextWanted(): number | null {
    const { frames, index, direction, ready } = reader();
    if (frames.length === 0 || !ready) return null;
    const wanted = (i: number) => !flying.has(i) && !failed.has(i) && !isLoaded(frames[i] as Frame);
    return nextToPrefetch(frames.length, index, direction, wanted, reach(frames, share));
  }

  function pump(): void {
    while (flying.size < limit) {
      const next = nextWanted();
      if (next === null) break;
      const flight = flying;
      flight.add(next);
      loadFrame(reader().frames[next] as Frame, false)
        .catch((error: ViewerError) => {
          if (flight === flying) failed.set(next, error);
        })
        .finally(() => {
          flight.delete(next);
          if (flight !== flying) return;
          countReady();
          pump();
          if (flying.size === 0) onIdle();
        });
    }
  }

  return {
    pump,
    countReady,
    setLimit(inFlight, ofCache) {
      limit = inFlight;
      share = ofCache;
      pump();
    },
    wantsMore: () => flying.size > 0 || nextWanted() !== null,
    failure: (index) => failed.get(index),
    fail: (index, problem) => void failed.set(index, problem),
    forget: (index) => void failed.delete(index),
    reset() {
      flying = new Set();
      failed = new Map();
    },
  };
}

/**
 * How far from the current image prefetching pays in either direction: beyond that, frames evict each other from the
 * cache.
 */
function reach([frame]: readonly Frame[], share: number): number {
  if (!frame) return 0;
  const bytes = frame.rows * frame.columns * (frame.samplesPerPixel > 1 ? 3 : 2);
  return Math.max(2, Math.floor((core.cache.getMaxCacheSize() * bytesForPictures * share) / bytes / 2));
}

import * as core from "@cornerstonejs/core";
import { isLoaded, loadFrame } from "../../cornerstone.ts";
import type { Frame } from "../../frame.ts";
import type { ViewerError } from "../../viewer-error.ts";
import { nextToFetch } from "./prefetch-order.ts";

/** What a viewport fetches ahead of its reader, and what could not be had. */
export type FrameQueue = {
  /** Fetches what is worth fetching next, as many at once as allowed. */
  pump(): void;
  /** @param ofCache share of the cache, 0 to 1. */
  setLimit(inFlight: number, ofCache: number): void;
  /** Something is left to be fetched. */
  wantsMore(): boolean;
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
 * @param reader what the viewport shows now: its frames, the image asked for, the way the reader goes; `ready` is false
 *   before the first image, which shares its line with nobody.
 * @param onReady told how many images are there.
 * @param onIdle told when nothing is left to be fetched.
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
    return nextToFetch(frames.length, index, direction, wanted, reach(frames, share));
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

/** How far from the image on the screen, either way, fetching ahead pays: what does not fit the cache pushes out what does. */
function reach([frame]: readonly Frame[], share: number): number {
  if (!frame) return 0;
  const bytes = frame.rows * frame.columns * (frame.samplesPerPixel > 1 ? 3 : 2);
  return Math.max(2, Math.floor((core.cache.getMaxCacheSize() * bytesForPictures * share) / bytes / 2));
}

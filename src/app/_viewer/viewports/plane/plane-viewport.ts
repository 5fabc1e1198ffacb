import type * as core from "@cornerstonejs/core";
import type { LoadedSeries } from "../../series-store.ts";
import type { Cell } from "../../session/cell.ts";
import { showPlanes } from "../../volume/plane-images.ts";
import { volumeKey } from "../../volume/planes.ts";
import { holdVolume, releaseVolume, setVolumeShare, volumeProgress } from "../../volume/volume-store.ts";
import { createStackViewport } from "../stack/stack-viewport.ts";
import type { Viewport, ViewportPort } from "../viewport.ts";

/**
 * Planes through a volume, paged through like a stack: the same window, camera, tools and words. The volume is loaded
 * when the first cell asks for a plane of it, and given back with the last.
 */
export function createPlaneViewport(
  engine: core.RenderingEngine,
  id: string,
  element: HTMLDivElement,
  first: Cell,
  port: ViewportPort,
): Viewport {
  let held: { loaded: LoadedSeries; volume: string } | null = null;
  let share = 0;
  let inner: Viewport | null = null;

  const isReady = () => {
    const progress = held && volumeProgress(held.volume);
    return progress !== null && progress.loaded === progress.of;
  };

  function tell(): void {
    const progress = held && volumeProgress(held.volume);
    inner?.view.set({ volume: progress && progress.loaded < progress.of ? progress : null });
    if (isReady()) port.onIdle();
  }

  function hold(loaded: LoadedSeries | null): void {
    if (loaded === (held?.loaded ?? null)) return;
    const before = held?.volume;
    const shape = loaded?.reformat?.shape;
    held = loaded && shape ? { loaded, volume: volumeKey(shape) } : null;
    if (held && shape && held.volume !== before) holdVolume(id, held.volume, shape, tell);
    showPlanes(id, loaded);
    if (before && before !== held?.volume) releaseVolume(id, before);
    if (held) setVolumeShare(id, held.volume, share);
  }

  hold(first.loaded);
  const stack = createStackViewport(engine, id, element, first, port);
  inner = stack;
  tell();
  return {
    ...stack,
    sync(cell, fit) {
      const isNew = cell.loaded !== (held?.loaded ?? null);
      hold(cell.loaded);
      stack.sync(cell, fit);
      if (isNew) tell();
    },
    setPrefetch(inFlight) {
      share = inFlight;
      if (held) setVolumeShare(id, held.volume, inFlight);
      // Once the voxels are here, a plane is made in a moment: only the neighbours are made ahead.
      stack.setPrefetch(isReady() && inFlight > 0 ? 1 : 0, 0);
    },
    wantsMore() {
      const progress = held && volumeProgress(held.volume);
      return progress !== null && !progress.failed && progress.loaded < progress.of;
    },
    close() {
      stack.close();
      showPlanes(id, null);
      if (held) releaseVolume(id, held.volume);
      held = null;
    },
  };
}

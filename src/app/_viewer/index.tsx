"use client";

import { useCallback, useState, useSyncExternalStore } from "react";
import { chunk, chunkHere, warmAhead, warmViewer } from "./load-viewer.ts";
import type { ViewerProps } from "./types.ts";
import styles from "./viewer.module.css";

export type {
  ImagePointer,
  MarkedKeyImage,
  Measurement,
  StudyForViewing,
} from "./types.ts";

/**
 * The image viewer. Fills its parent, which must have a height (`flex: 1; min-height: 0` or a grid row).
 *
 * Cornerstone and its WebGL exist in the browser only, so the chunk is never rendered on the server. It is not suspended for: React would
 * show what stands in its place for a third of a second at least, also where the chunk is here.
 */
export function Viewer(props: ViewerProps) {
  const [failed, setFailed] = useState<unknown>(null);
  const subscribe = useCallback((changed: () => void) => {
    chunk().then(changed, setFailed);
    return () => {};
  }, []);
  const loaded = useSyncExternalStore(subscribe, chunkHere, () => null);
  if (failed) throw failed;
  if (loaded) return <loaded.Viewer {...props} />;
  return (
    <div className={styles.loading} role="status">
      Opening the viewer
    </div>
  );
}

export { warmAhead };

/** For a page that is about to show images: fetches the viewer's chunk, and makes decoder and graphics ready, while the page's data comes. */
export function startViewer(): void {
  // The viewer loads it again and reports the error.
  if (typeof window !== "undefined")
    chunk()
      .then(({ warmUp }) => warmUp({ now: true }))
      .catch(() => {});
}

/**
 * For the worklist: fetches the viewer's chunk when the browser is idle, initialises the image library and starts its
 * decoder, so that opening a case costs only its first image. Safe to call repeatedly.
 */
export function preloadViewer(): void {
  if (typeof window === "undefined") return;
  const start = () => void warmViewer();
  if ("requestIdleCallback" in window) window.requestIdleCallback(start, { timeout: 2000 });
  else setTimeout(start, 200);
}

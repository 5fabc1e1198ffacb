"use client";

import dynamic from "next/dynamic";
import { chunk, warmAhead, warmViewer } from "./load-viewer.ts";
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
 * Cornerstone and its WebGL exist in the browser only, so the chunk is never rendered on the server.
 */
export const Viewer = dynamic(() => chunk().then((module) => module.Viewer), {
  ssr: false,
  loading: () => (
    <div className={styles.loading} role="status">
      Opening the viewer
    </div>
  ),
});

export { warmAhead };

/** For a page that is about to show images: fetches the viewer's chunk in parallel with the page's data. */
export function startViewer(): void {
  // The viewer loads it again and reports the error.
  if (typeof window !== "undefined") chunk().catch(() => {});
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

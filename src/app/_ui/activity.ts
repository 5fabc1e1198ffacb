"use client";

import { useEffect } from "react";

let lastAt = Number.NEGATIVE_INFINITY;
const signs = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;
let lastKeyAt = Number.NEGATIVE_INFINITY;
const note = () => {
  lastAt = performance.now();
};
const noteKey = () => {
  lastKeyAt = performance.now();
};

/** Time since the last activity in this window (ms), by the monotonic clock. */
export function msSinceActivity(): number {
  return performance.now() - lastAt;
}

/** Time since the last key press in this window (ms). */
export function msSinceKey(): number {
  return performance.now() - lastKeyAt;
}

/** A pause this long without a key (ms) ends a sentence. */
export const typingPauseMs = 1_000;

/** Watches for activity: claims are renewed and sessions kept alive for people, not for open windows. */
export function useActivityWatch(): void {
  useEffect(() => {
    note();
    for (const sign of signs) window.addEventListener(sign, note, { passive: true, capture: true });
    window.addEventListener("keydown", noteKey, { passive: true, capture: true });
    return () => {
      for (const sign of signs) window.removeEventListener(sign, note, { capture: true });
      window.removeEventListener("keydown", noteKey, { capture: true });
    };
  }, []);
}

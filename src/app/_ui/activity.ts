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

/** How long ago somebody touched this window (ms), by a clock that nobody sets. */
export function idleMs(): number {
  return performance.now() - lastAt;
}

/** How long ago a key was pressed in this window (ms). */
export function sinceKeyMs(): number {
  return performance.now() - lastKeyAt;
}

/** Who writes without looking up ends the sentence first: this long without a key (ms) is its end. */
export const typingPauseMs = 1_000;

/** Watches for a person at the screen: claims are renewed and sessions kept for people, not for open windows. */
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

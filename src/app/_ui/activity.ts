"use client";

import { useEffect } from "react";

let lastAt = 0;
const signs = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;
const note = () => {
  lastAt = Date.now();
};

/** When somebody last touched this window (ms since 1970). */
export function lastActivityAt(): number {
  return lastAt;
}

/** Watches for a person at the screen: claims are renewed and sessions kept for people, not for open windows. */
export function useActivityWatch(): void {
  useEffect(() => {
    note();
    for (const sign of signs) window.addEventListener(sign, note, { passive: true, capture: true });
    return () => {
      for (const sign of signs) window.removeEventListener(sign, note, { capture: true });
    };
  }, []);
}

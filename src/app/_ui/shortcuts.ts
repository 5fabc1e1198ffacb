"use client";

import { useLayoutEffect, useRef } from "react";

/**
 * Single-key shortcuts of a page, named in lower case (`j`, `arrowdown`, `?`). Ignored while somebody types, while a
 * dialog is open, and with Ctrl, Alt or ⌘, so that they do not interfere with text input or the browser.
 */
export function useShortcuts(keys: Record<string, (event: KeyboardEvent) => void>, enabled = true): void {
  const latest = useRef(keys);
  // With the picture, not after it: a key pressed at once means what is seen.
  useLayoutEffect(() => {
    latest.current = keys;
  });
  useLayoutEffect(() => {
    if (!enabled) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
      const target = event.target as HTMLElement | null;
      if (target?.closest("input, textarea, select, [contenteditable=true], dialog[open]")) return;
      if (event.key === "Enter" && target?.closest("button, a, summary")) return;
      const run = latest.current[event.key.toLowerCase()];
      if (!run) return;
      event.preventDefault();
      run(event);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [enabled]);
}

"use client";

import { useCallback, useEffect, useRef, useState } from "react";

const narrowest = 360;
const widest = 560;
/** The stored width in pixels; nothing about a patient is stored. */
const storageKey = "overread-dock-width";

const clamp = (width: number) => Math.min(widest, Math.max(narrowest, Math.round(width)));

export function useDockWidth(): [number, (width: number) => void] {
  const [width, setWidth] = useState(420);
  useEffect(() => {
    const kept = Number(window.localStorage.getItem(storageKey));
    if (kept) setWidth(clamp(kept));
  }, []);
  const change = useCallback((next: number) => {
    const clamped = clamp(next);
    setWidth(clamped);
    window.localStorage.setItem(storageKey, String(clamped));
  }, []);
  return [width, change];
}

/** The separator between images and report: draggable, and movable by arrow keys. */
export function DockHandle({ width, onWidth }: { width: number; onWidth: (width: number) => void }) {
  const from = useRef<{ x: number; width: number } | null>(null);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator one can drag is no <hr>
    <div
      role="separator"
      tabIndex={0}
      aria-label="Width of the report"
      aria-orientation="vertical"
      aria-valuenow={width}
      aria-valuemin={narrowest}
      aria-valuemax={widest}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { x: event.clientX, width };
      }}
      onPointerMove={(event) => {
        if (from.current) onWidth(from.current.width + from.current.x - event.clientX);
      }}
      onPointerUp={() => {
        from.current = null;
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") onWidth(width + 20);
        if (event.key === "ArrowRight") onWidth(width - 20);
      }}
      className="w-1.5 shrink-0 cursor-col-resize touch-none border-l border-line bg-panel hover:bg-accent max-md:hidden"
    />
  );
}

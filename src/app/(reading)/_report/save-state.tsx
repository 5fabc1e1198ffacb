"use client";

import { formatClock, zoneName } from "../../_ui/format.ts";
import { useZone } from "../../_ui/now.tsx";
import type { DraftState } from "./draft-state.ts";

/** The save state as text. Announced to screen readers when the state changes, not at every keystroke. */
export function SaveState({ state, mayWrite, kept }: { state: DraftState; mayWrite: boolean; kept: boolean }) {
  const zone = useZone();
  const failed = state.status === "failed" || state.status === "locked" || state.status === "conflict";
  return (
    <span
      role="status"
      data-save-state={state.status}
      className={`tabular text-xs whitespace-nowrap ${failed ? "font-medium text-urgent" : "text-quiet"}`}
    >
      {words(state, mayWrite, kept, zone)}
    </span>
  );
}

function words(state: DraftState, mayWrite: boolean, kept: boolean, zone: string): string {
  switch (state.status) {
    case "dirty":
      return mayWrite ? "Not saved yet" : "Not saved";
    case "saving":
      return "Saving…";
    case "failed":
      return kept ? "Not saved, kept here – retrying" : "Not saved – retrying";
    case "conflict":
      return "Not saved – choose a text";
    case "locked":
      return "Not saved – claim needed";
    case "saved":
      if (!mayWrite && state.version === 0) return "";
      return state.savedAt
        ? `Saved ${formatClock(state.savedAt, zone, true)} ${zoneName(state.savedAt, zone)}`
        : "Nothing to save yet";
  }
}

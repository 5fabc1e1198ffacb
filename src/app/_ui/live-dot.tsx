"use client";

import { type LiveStatus, useLiveStatus } from "../_trpc/live.tsx";
import { classNames } from "./class-names.ts";

const words: Record<LiveStatus, { word: string; hint: string }> = {
  connecting: { word: "Connecting", hint: "Asking the portal for changes" },
  live: { word: "Live", hint: "Changes appear here by themselves" },
  reconnecting: { word: "Reconnecting", hint: "No connection for changes; what you see may be a little old" },
};

/** Whether this page receives live updates: as text, and as a filled or hollow dot. */
export function LiveDot() {
  const status = useLiveStatus();
  const { word, hint } = words[status];
  return (
    <span
      role="status"
      data-live={status}
      title={hint}
      className={classNames(
        "inline-flex items-center gap-1.5 text-xs whitespace-nowrap",
        status === "reconnecting" ? "text-urgent" : "text-quiet",
      )}
    >
      <span
        aria-hidden="true"
        className={classNames(
          "size-2 rounded-full border-2",
          status === "live" ? "border-done bg-done" : "border-current bg-transparent",
        )}
      />
      {word}
    </span>
  );
}

"use client";

import type { RefObject } from "react";
import { flushSync } from "react-dom";
import { useModKey } from "../../../_ui/mod-key.ts";
import { useShortcuts } from "../../../_ui/shortcuts.ts";
import type { ReportHandle } from "../../_report/report-dock.tsx";

/**
 * The way from the images to the text and to the next case by the keyboard.
 *
 * @param show brings the report into view where images and report share one place.
 * @returns these keys for the list that the viewer shows.
 */
export function useReportKeys(
  report: RefObject<ReportHandle | null>,
  show: () => void,
): { keys: string[]; does: string }[] {
  const modKey = useModKey();
  useShortcuts({
    e: async () => {
      // Over the full screen of the images no field can be seen.
      if (document.fullscreenElement) await document.exitFullscreen().catch(() => {});
      flushSync(show);
      report.current?.focus();
    },
  });
  return [
    { keys: ["E"], does: "Write the report (Esc: back to the images)" },
    { keys: [`${modKey}⏎`], does: "Sign" },
    { keys: [`${modKey}⇧⏎`], does: "Sign as preliminary, for a colleague to go over" },
    { keys: ["X"], does: "Hand the case over, with a note" },
    { keys: ["B"], does: "Read the offered study with this one, in one report" },
    { keys: ["N"], does: "Next case, when this one is signed" },
  ];
}

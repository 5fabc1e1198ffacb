import type { Frame } from "./frame.ts";
import { matchingIndex, middleIndex } from "./geometry.ts";
import type { Preset } from "./presets.ts";
import { openingVoi } from "./presets.ts";
import type { LoadedSeries } from "./series-store.ts";
import type { Voi } from "./voi.ts";

/** Where stacks open: the reader's preference, stored in this browser. */
export type StackOpening = "first" | "middle";

const kept = "overread.viewer.stack-opening";

export function stackOpening(): StackOpening {
  try {
    return window.localStorage.getItem(kept) === "middle" ? "middle" : "first";
  } catch {
    // Without browser storage the default applies.
    return "first";
  }
}

export function chooseStackOpening(choice: StackOpening): void {
  try {
    window.localStorage.setItem(kept, choice);
  } catch {
    // Without browser storage the choice holds until the page is left.
  }
}

/** A series as shown: the requested image and its window. */
export type Shown = { loaded: LoadedSeries | null; index: number; voi: Voi | null };

/** Index of the image a series opens with. Loops and single views open at the first, whatever the preference. */
export function openingIndex({ frames, modality }: LoadedSeries, choice: StackOpening): number {
  const stack = ["CT", "MR", "PT"].includes(modality) && frames.length > 8;
  return stack && choice === "middle" ? middleIndex(frames.length) : 0;
}

/** Index a prior opens at: the position shown of the current study, when there is one. */
export function priorIndex(prior: LoadedSeries, current: Shown | undefined, choice: StackOpening): number {
  const shown = current?.loaded?.frames;
  return shown && shown.length > 0 ? matchingIndex(shown, current.index, prior.frames) : openingIndex(prior, choice);
}

/**
 * The window a prior is hung with for comparison: on CT that of the current study, as shown or as it will open. Null
 * keeps the prior's own: in other modalities values are not comparable between examinations.
 */
export function priorWindow(prior: LoadedSeries, current: Shown | undefined, opening: LoadedSeries | null): Voi | null {
  if (prior.modality !== "CT") return null;
  if (current?.voi && current.loaded?.modality === "CT") return current.voi;
  const [frame] = opening?.frames ?? [];
  return opening?.modality === "CT" && frame ? sentOrSoft(frame) : null;
}

function sentOrSoft(frame: Frame): Voi {
  const [sent] = frame.windows;
  const whole: Voi = { center: 0, width: 1, shape: "LINEAR", lut: null };
  return sent ? { ...sent, lut: null } : openingVoi("CT", frame, whole);
}

/** The window of a number key on a cell, and on the cell linked to it; `undefined` when the key has none. */
export function presetOn(
  view: { loaded: LoadedSeries | null; presets: readonly Preset[] },
  key: string,
  asked: Preset | null,
): Preset | null | undefined {
  if (key === "0") return null;
  // CT: the same window on both sides; other modalities: the same step from each side's own window.
  if (asked && view.loaded?.modality === "CT") return asked;
  return view.presets.find((preset) => preset.key === key);
}

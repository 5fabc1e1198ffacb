import type { Frame } from "./frame.ts";
import { matchingIndex, middleIndex } from "./geometry.ts";
import type { Preset } from "./presets.ts";
import { openingVoi } from "./presets.ts";
import type { LoadedSeries } from "./series-store.ts";
import type { Voi } from "./voi.ts";

/** Where stacks of slices open: the reader's own choice, kept in this browser. */
export type StackOpening = "first" | "middle";

const kept = "overread.viewer.stack-opening";

export function stackOpening(): StackOpening {
  try {
    return window.localStorage.getItem(kept) === "middle" ? "middle" : "first";
  } catch {
    // A browser that keeps nothing gets what everybody gets.
    return "first";
  }
}

export function chooseStackOpening(choice: StackOpening): void {
  try {
    window.localStorage.setItem(kept, choice);
  } catch {
    // Then it holds until the page is left.
  }
}

/** A series as it stands on the screen: the image asked for, and the window it is seen with. */
export type Shown = { loaded: LoadedSeries | null; index: number; voi: Voi | null };

/** Image a series opens with. Loops and views begin with the first whatever was chosen. */
export function openingIndex({ frames, modality }: LoadedSeries, choice: StackOpening): number {
  const stack = ["CT", "MR", "PT"].includes(modality) && frames.length > 8;
  return stack && choice === "middle" ? middleIndex(frames.length) : 0;
}

/** Image a prior opens with: the place that is shown of the current study, when there is one. */
export function priorIndex(prior: LoadedSeries, current: Shown | undefined, choice: StackOpening): number {
  const shown = current?.loaded?.frames;
  return shown && shown.length > 0 ? matchingIndex(shown, current.index, prior.frames) : openingIndex(prior, choice);
}

/**
 * Window a prior is hung with so that it can be compared: on CT that of the current study, as it is or as it will open.
 * Null leaves it its own, because values of other modalities mean something else in each examination.
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

/** What a number key means on one side, and on the other when that one is linked to it; `undefined` is nothing. */
export function presetOn(
  view: { loaded: LoadedSeries | null; presets: readonly Preset[] },
  key: string,
  asked: Preset | null,
): Preset | null | undefined {
  if (key === "0") return null;
  // A CT window is the same numbers on both sides; elsewhere the same step from each side's own.
  if (asked && view.loaded?.modality === "CT") return asked;
  return view.presets.find((preset) => preset.key === key);
}

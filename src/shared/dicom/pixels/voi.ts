import type { AskedWindow, Lut, PixelDescription, StoredValues, Window } from "./description.ts";
import { lookUp } from "./lut.ts";

/** How values become grey levels: by a window or by a table. */
export type Voi = { window: Window; lut: null } | { window: null; lut: Lut };

/**
 * The VOI of an image: the requested window, otherwise its own first window, otherwise its first VOI LUT, otherwise one
 * from its values.
 */
export function chosenVoi(values: StoredValues, description: PixelDescription, asked?: AskedWindow | null): Voi {
  return namedVoi(description, asked) ?? { window: automaticWindow(values, description), lut: null };
}

/** The same where somebody or the image names one; null where its values decide. */
export function namedVoi(description: PixelDescription, asked?: AskedWindow | null): Voi | null {
  const { windows, voiLuts } = description;
  if (asked) return askedVoi(asked, description);
  const [window] = windows;
  if (window) return { window, lut: null };
  const [lut] = voiLuts;
  return lut ? { window: null, lut } : null;
}

function askedVoi({ center, width, shape }: AskedWindow, { windows, voiLuts }: PixelDescription): Voi {
  const lut = voiLuts[0];
  const own = windows[0];
  if (shape === undefined && !own && lut) {
    // The window over the whole table is the table.
    const span = lut.values.length - 1;
    if (width === span && center === lut.first + span / 2) return { window: null, lut };
  }
  return { window: { center, width, shape: shape ?? own?.shape ?? "LINEAR_EXACT" }, lut: null };
}

/** Output of the VOI transformation for a modality value, 0 to 1 (PS3.3 §C.11.2). */
export function voiFunction(voi: Voi): (value: number) => number {
  if (voi.lut) {
    const { lut } = voi;
    return (value) => Math.min(1, lookUp(lut, value) / lut.full);
  }
  const { center, width, shape } = voi.window;
  if (shape === "SIGMOID") return (x) => 1 / (1 + Math.exp((-4 * (x - center)) / width));
  const linear = shape === "LINEAR" && width >= 1;
  const c = linear ? center - 0.5 : center;
  const w = linear ? width - 1 : width;
  return (x) => {
    if (x <= c - w / 2) return 0;
    if (x > c + w / 2) return 1;
    return (x - c) / w + 0.5;
  };
}

/** Modality value of a stored value (PS3.3 §C.11.1). */
export function modalityFunction({ modalityLut, slope, intercept }: PixelDescription): (stored: number) => number {
  return modalityLut ? (stored) => lookUp(modalityLut, stored) : (stored) => stored * slope + intercept;
}

/** Whether a stored value is not part of the image: padding, or not a number. */
export function isPadding({ padding }: PixelDescription, stored: number): boolean {
  return Number.isNaN(stored) || (padding !== null && stored >= padding.low && stored <= padding.high);
}

/**
 * A window from the values themselves, in modality units: from the first to the 99th percentile, so that a marker or a
 * metal clip does not darken everything else. Padding is excluded.
 */
export function automaticWindow(values: StoredValues, description: PixelDescription): Window {
  const { valueRange } = description;
  const modality = modalityFunction(description);
  if (valueRange) return spanning(modality(valueRange.low), modality(valueRange.high));
  const step = Math.max(1, Math.floor(values.length / 50_000));
  const picked: number[] = [];
  for (let i = 0; i < values.length; i += step) {
    const stored = values[i] as number;
    if (Number.isFinite(stored) && !isPadding(description, stored)) picked.push(modality(stored));
  }
  picked.sort((a, b) => a - b);
  const last = picked.length - 1;
  const low = picked[Math.floor(last * 0.01)] ?? 0;
  const high = picked[Math.ceil(last * 0.99)] ?? 1;
  return high > low ? spanning(low, high) : spanning(picked[0] ?? 0, picked[last] ?? 1);
}

function spanning(a: number, b: number): Window {
  return { center: (a + b) / 2, width: Math.max(Math.abs(b - a), 1e-6), shape: "LINEAR_EXACT" };
}

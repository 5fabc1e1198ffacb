import type { Frame, NamedWindow } from "./frame.ts";
import type { Voi } from "./voi.ts";

/** A window on a number key. */
export type Preset = NamedWindow & { key: string; lut: null };

const computedTomography: NamedWindow[] = [
  linear("Soft tissue", 40, 400),
  linear("Lung", -600, 1500),
  linear("Bone", 400, 1800),
  linear("Brain", 40, 80),
  linear("Subdural", 75, 215),
  linear("Stroke", 32, 8),
  linear("Mediastinum", 50, 350),
  linear("Liver", 90, 150),
  linear("Angiography", 300, 600),
];

/**
 * Windows on the keys 1 to 9. CT values have a fixed meaning, so CT gets named windows; every other modality gets the
 * windows sent with the image and steps around them. Key 0 is always the window as sent.
 *
 * @param range smallest and largest value of the image.
 */
export function presetsFor(modality: string, frame: Frame | undefined, range: [number, number] | null): Preset[] {
  if (modality === "CT") return numbered(computedTomography);
  if (!frame || frame.samplesPerPixel > 1 || frame.photometricInterpretation === "PALETTE COLOR") return [];
  const sent = frame.windows;
  const full: NamedWindow | null =
    range && range[1] > range[0]
      ? { name: "Full range", center: (range[0] + range[1]) / 2, width: range[1] - range[0], shape: "LINEAR_EXACT" }
      : null;
  const base = sent[0] ?? full;
  const windows = [...sent];
  if (base) {
    const { center, width } = base;
    windows.push(
      { ...base, name: "More contrast", width: width * 0.6 },
      { ...base, name: "Less contrast", width: width * 1.6 },
      { ...base, name: "Brighter", center: center - width * 0.25 },
      { ...base, name: "Darker", center: center + width * 0.25 },
    );
  }
  if (full) windows.push(full);
  return numbered(windows);
}

/**
 * The window an image opens with.
 *
 * @param sent the image's own window or table, or one computed from its values.
 */
export function openingVoi(modality: string, frame: Frame, sent: Voi): Voi {
  const [soft] = computedTomography;
  // On CT the default window is better than one computed from the values.
  return modality === "CT" && soft && frame.windows.length === 0 && !sent.lut ? { ...soft, lut: null } : sent;
}

/** Whether each image keeps its own window while paging, as in projections. */
export function windowPerImage(modality: string): boolean {
  return !["CT", "MR", "PT", "NM"].includes(modality);
}

function numbered(windows: NamedWindow[]): Preset[] {
  return windows.slice(0, 9).map((window, index) => ({ ...window, lut: null, key: String(index + 1) }));
}

function linear(name: string, center: number, width: number): NamedWindow {
  return { name, center, width, shape: "LINEAR" };
}

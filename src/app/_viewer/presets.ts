import type { Frame, NamedWindow } from "./frames.ts";

/** A window the reader asks for by a number key. */
export type Preset = NamedWindow & { key: string };

const computedTomography: NamedWindow[] = [
  { name: "Soft tissue", center: 40, width: 400 },
  { name: "Lung", center: -600, width: 1500 },
  { name: "Bone", center: 400, width: 1800 },
  { name: "Brain", center: 40, width: 80 },
  { name: "Subdural", center: 75, width: 215 },
  { name: "Stroke", center: 32, width: 8 },
  { name: "Mediastinum", center: 50, width: 350 },
  { name: "Liver", center: 90, width: 150 },
  { name: "Angiography", center: 300, width: 600 },
];

/**
 * Windows on the keys 1 to 9. CT numbers mean the same everywhere, so CT has names; every other modality gets
 * what was sent with the image and steps around it. Key 0 is always the window as sent.
 *
 * @param range smallest and largest value of the image.
 */
export function presetsFor(modality: string, frame: Frame | undefined, range: [number, number] | null): Preset[] {
  if (modality === "CT") return numbered(computedTomography);
  if (!frame || frame.samplesPerPixel > 1 || frame.photometricInterpretation === "PALETTE COLOR") return [];
  const sent = frame.windows;
  const full: NamedWindow | null = range
    ? { name: "Full range", center: (range[0] + range[1]) / 2, width: Math.max(1, range[1] - range[0]) }
    : null;
  const base = sent[0] ?? full;
  const windows = [...sent];
  if (base)
    windows.push(
      { name: "More contrast", center: base.center, width: Math.max(1, base.width * 0.6) },
      { name: "Less contrast", center: base.center, width: base.width * 1.6 },
      { name: "Brighter", center: base.center - base.width * 0.25, width: base.width },
      { name: "Darker", center: base.center + base.width * 0.25, width: base.width },
    );
  if (full) windows.push(full);
  return numbered(windows);
}

/** The window an image opens with; null leaves it to the values in the image. */
export function openingWindow(modality: string, frame: Frame): NamedWindow | null {
  return frame.windows[0] ?? (modality === "CT" ? (computedTomography[0] ?? null) : null);
}

/** Whether each image has its own window, as projections have, and keeps it while paging. */
export function windowPerImage(modality: string): boolean {
  return !["CT", "MR", "PT", "NM"].includes(modality);
}

function numbered(windows: NamedWindow[]): Preset[] {
  return windows.slice(0, 9).map((window, index) => ({ ...window, key: String(index + 1) }));
}

import { loadFrame } from "../cornerstone.ts";
import type { Frame } from "../frame.ts";
import { sentVoi } from "../frame-image.ts";
import { dot, type Vec3 } from "../vectors.ts";
import { ViewerError } from "../viewer-error.ts";
import type { Voi } from "../voi.ts";
import type { Pixels, Voxels } from "./resample.ts";
import type { VolumeShape } from "./volume-shape.ts";

/** A volume whose slices have all come. `whole`: it has whole numbers only. */
type Loaded = { voxels: Voxels; voi: Voi; whole: boolean };

type Volume = {
  shape: VolumeShape;
  slices: (Pixels | undefined)[];
  ranges: { min: number; max: number }[];
  padded: boolean;
  /** Window of the slice in the middle. */
  voi: Voi | null;
  /** Requests in flight that each viewport has a share of. */
  shares: Map<string, number>;
  flying: number;
  asked: Set<number>;
  failed: ViewerError | null;
  loaded: Loaded | null;
  waiting: { resolve(loaded: Loaded): void; reject(error: ViewerError): void }[];
  listeners: Map<string, () => void>;
};

const volumes = new Map<string, Volume>();

/**
 * Keeps a volume for a viewport, and begins to load it within the share of requests that the viewport gets: a stack
 * beside it is never starved, since both share the same few.
 *
 * @param onProgress called when more of it has come.
 */
export function holdVolume(viewport: string, key: string, shape: VolumeShape, onProgress: () => void): void {
  const known = volumes.get(key);
  const volume = known ?? newVolume(shape);
  if (!known) volumes.set(key, volume);
  volume.listeners.set(viewport, onProgress);
  volume.shares.set(viewport, 0);
}

/** Gives a viewport's volume back; the memory is free when no other viewport has it. */
export function releaseVolume(viewport: string, key: string): void {
  const volume = volumes.get(key);
  volume?.listeners.delete(viewport);
  volume?.shares.delete(viewport);
  if (volume?.listeners.size !== 0) return;
  volumes.delete(key);
  fail(volume, new ViewerError("not-there", "This volume is not open any more."));
}

/** How many slices may be requested at once for a viewport. */
export function setVolumeShare(viewport: string, key: string, inFlight: number): void {
  const volume = volumes.get(key);
  if (!volume) return;
  volume.shares.set(viewport, inFlight);
  pump(volume);
}

/** Slices that have come, of how many; null when the volume is not open. */
export function volumeProgress(key: string): { loaded: number; of: number; failed: boolean } | null {
  const volume = volumes.get(key);
  if (!volume) return null;
  const loaded = volume.slices.filter((slice) => slice !== undefined).length;
  return { loaded, of: volume.shape.frames.length, failed: volume.failed !== null };
}

/**
 * The voxels, once all have come. After a failure the missing ones are asked for again.
 *
 * @throws {ViewerError}
 */
export function loadedVolume(key: string): Promise<Loaded> {
  const volume = volumes.get(key);
  if (!volume) return Promise.reject(new ViewerError("not-there", "This volume is not open any more."));
  if (volume.loaded) return Promise.resolve(volume.loaded);
  if (volume.failed) {
    volume.failed = null;
    volume.asked = new Set([...volume.asked].filter((i) => volume.slices[i]));
  }
  return new Promise((resolve, reject) => {
    volume.waiting.push({ resolve, reject });
    pump(volume);
  });
}

/** The image of the volume that lies nearest to a point of the patient. */
export function imageNearest(key: string, point: Vec3): Frame | null {
  const volume = volumes.get(key);
  if (!volume) return null;
  let best: Frame | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const frame of volume.shape.frames) {
    const { position, rowDirection: r, columnDirection: c } = frame;
    if (!position || !r || !c) continue;
    const normal: Vec3 = [r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]];
    const away = Math.abs(dot(normal, [point[0] - position[0], point[1] - position[1], point[2] - position[2]]));
    if (away < least) [best, least] = [frame, away];
  }
  return best;
}

function newVolume(shape: VolumeShape): Volume {
  return {
    shape,
    slices: shape.frames.map(() => undefined),
    ranges: shape.frames.map(() => ({ min: 0, max: 0 })),
    padded: false,
    voi: null,
    shares: new Map(),
    flying: 0,
    asked: new Set(),
    failed: null,
    loaded: null,
    waiting: [],
    listeners: new Map(),
  };
}

function pump(volume: Volume): void {
  const limit = [...volume.shares.values()].reduce((sum, share) => sum + share, 0);
  while (volume.flying < limit && !volume.failed && !volume.loaded && volume.listeners.size > 0) {
    const next = volume.shape.frames.findIndex((_, i) => !volume.asked.has(i));
    if (next < 0) return;
    volume.asked.add(next);
    volume.flying++;
    void take(volume, next).finally(() => {
      volume.flying--;
      for (const listener of volume.listeners.values()) listener();
      pump(volume);
    });
  }
}

async function take(volume: Volume, index: number): Promise<void> {
  const frame = volume.shape.frames[index] as Frame;
  try {
    const image = await loadFrame(frame, false);
    if (image.color)
      throw new ViewerError(
        "not-there",
        "Without graphics (WebGL) no planes can be made of this series. It can be read as a stack.",
      );
    const pixels = image.getPixelData() as Pixels;
    if (pixels.length !== volume.shape.rows * volume.shape.columns)
      throw new ViewerError(
        "not-there",
        "The images of this series are too large for planes. It can be read as a stack.",
      );
    const range = { min: image.minPixelValue, max: image.maxPixelValue };
    volume.slices[index] = pixels;
    volume.ranges[index] = range;
    volume.padded ||= pixels.some((value) => value < range.min || value > range.max);
    if (index === Math.floor(volume.shape.frames.length / 2)) volume.voi = sentVoi(image);
    if (volume.slices.every((slice) => slice !== undefined)) finish(volume, volume.slices);
  } catch (error) {
    const { kind, message } =
      error instanceof ViewerError ? error : new ViewerError("unreadable", "An image could not be read.");
    const name = frame.imageNumber === null ? "An image" : `Image ${frame.imageNumber}`;
    fail(
      volume,
      kind === "unreadable"
        ? new ViewerError(kind, `${name} is missing for the planes: ${message}`)
        : (error as ViewerError),
    );
  }
}

function finish(volume: Volume, slices: Pixels[]): void {
  const { shape, ranges, padded, voi } = volume;
  const min = Math.min(...ranges.map((each) => each.min));
  const max = Math.max(...ranges.map((each) => each.max));
  const whole = slices.every((slice) => !(slice instanceof Float32Array));
  const full: Voi = { center: (min + max) / 2, width: Math.max(1, max - min), shape: "LINEAR_EXACT", lut: null };
  volume.loaded = { voxels: { shape, slices, min, max, ranges: padded ? ranges : null }, voi: voi ?? full, whole };
  for (const { resolve } of volume.waiting.splice(0)) resolve(volume.loaded);
}

function fail(volume: Volume, problem: ViewerError): void {
  volume.failed = problem;
  for (const { reject } of volume.waiting.splice(0)) reject(problem);
}

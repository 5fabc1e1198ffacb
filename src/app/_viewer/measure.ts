import type { Frame } from "./frame.ts";
import type { Measurement } from "./types.ts";
import { scaleAlong } from "./ultrasound.ts";
import type { Vec3 } from "./vectors.ts";
import { dot } from "./vectors.ts";

/** `reason` says why a length is in pixels. */
export type Reading = { value: number; unit: Measurement["unit"]; reason?: string };

const origin: Vec3 = [0, 0, 0];
const alongX: Vec3 = [1, 0, 0];
const alongY: Vec3 = [0, 1, 0];

/** A point of the patient in image pixels, from the centre of the first pixel: `[column, row]`. */
function toPixel(frame: Frame, point: Vec3): [number, number] {
  const from = frame.position ?? origin;
  const way: Vec3 = [point[0] - from[0], point[1] - from[1], point[2] - from[2]];
  return [
    dot(way, frame.rowDirection ?? alongX) / frame.size.column,
    dot(way, frame.columnDirection ?? alongY) / frame.size.row,
  ];
}

/**
 * Length of a line. Millimetres only where the image is calibrated, with the plane they hold in; in an ultrasound image
 * the region that holds the whole line decides. Otherwise pixels, with the reason.
 */
export function lengthOf(frame: Frame, from: Vec3, to: Vec3): Reading {
  const [a, b] = [toPixel(frame, from), toPixel(frame, to)];
  const [x, y] = [b[0] - a[0], b[1] - a[1]];
  if (frame.ultrasound) {
    const scale = scaleAlong(frame.ultrasound, [a, b]);
    return "reason" in scale
      ? { value: Math.hypot(x, y), unit: "px", reason: scale.reason }
      : { value: Math.hypot(x * scale.x, y * scale.y), unit: "mm" };
  }
  const { row, column, unit } = frame.size;
  const value = Math.hypot(x * column, y * row);
  return unit === "px" ? { value, unit, reason: "no scale in this image" } : { value, unit };
}

/** Angle at the middle point, 0 to 180 degrees, in true proportions of the image. */
export function angleOf(frame: Frame, a: Vec3, vertex: Vec3, b: Vec3): Reading | null {
  const way = [a, vertex, b].map((point) => toPixel(frame, point));
  const scale = frame.ultrasound ? scaleAlong(frame.ultrasound, way) : { x: frame.size.column, y: frame.size.row };
  // Without a scale, pixels are assumed square.
  const { x, y } = "reason" in scale ? { x: 1, y: 1 } : scale;
  const [[ax, ay], [vx, vy], [bx, by]] = way.map(([px, py]) => [px * x, py * y]) as [Pair, Pair, Pair];
  const one = Math.hypot(ax - vx, ay - vy);
  const two = Math.hypot(bx - vx, by - vy);
  if (one === 0 || two === 0) return null;
  const cosine = ((ax - vx) * (bx - vx) + (ay - vy) * (by - vy)) / (one * two);
  return { value: (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI, unit: "°" };
}

type Pair = [number, number];

/** `"12.4 mm"`, `"37°"`, `"118 px"`. */
export function readingText({ value, unit }: Reading): string {
  if (unit === "px") return `${Math.round(value)} px`;
  if (unit === "°") return `${value.toFixed(1)}°`;
  return `${value.toFixed(1)} ${unit}`;
}

/**
 * `"12.4 mm (series 3, image 41)"`, `"118 px, no scale in this image (image 2)"`: enough to find the image again in any
 * viewer.
 */
export function measurementText(reading: Reading, seriesNumber: number | null, imageNumber: number | null): string {
  const place = [
    seriesNumber === null ? null : `series ${seriesNumber}`,
    imageNumber === null ? null : `image ${imageNumber}`,
  ].filter(Boolean);
  const words = [readingText(reading), reading.reason].filter(Boolean).join(", ");
  return place.length > 0 ? `${words} (${place.join(", ")})` : words;
}

import { atDetector, unit } from "@overread/shared/measurements/codes";
import type { Code, MeasuredValue } from "@overread/shared/measurements/measurement";
import type { Frame } from "./frame.ts";
import type { PixelSize } from "./spacing.ts";
import { scaleAlong } from "./ultrasound.ts";
import type { Vec3 } from "./vectors.ts";
import { dot } from "./vectors.ts";

/** `reason` says why a length is in pixels. */
export type Reading = { value: number; unit: LengthUnit | "°"; reason?: string };
/** `mm` in the patient, `mm at detector` in a projection without a patient-plane spacing, `px` without calibration. */
type LengthUnit = PixelSize["unit"];

const origin: Vec3 = [0, 0, 0];
const alongX: Vec3 = [1, 0, 0];
const alongY: Vec3 = [0, 1, 0];

/** A point of the patient in image pixels, from the centre of the first pixel: `[column, row]`. */
export function toPixel(frame: Frame, point: Vec3): [number, number] {
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
  const scale = scaleOf(frame, [a, b]);
  if (!("reason" in scale)) return { value: Math.hypot(x * scale.x, y * scale.y), unit: scale.unit };
  const { column, row } = frame.ultrasound ? { column: 1, row: 1 } : frame.size;
  return { value: Math.hypot(x * column, y * row), unit: "px", reason: scale.reason };
}

/** The scale that holds along a way through the image, or why none does. Of an image without one pixels keep their proportions. */
export function scaleOf(
  frame: Frame,
  way: readonly Pair[],
): { x: number; y: number; unit: "mm" | "mm at detector" } | { reason: string } {
  if (frame.ultrasound) {
    const scale = scaleAlong(frame.ultrasound, way);
    return "reason" in scale ? scale : { ...scale, unit: "mm" };
  }
  const { row, column, unit } = frame.size;
  return unit === "px" ? { reason: "no scale in this image" } : { x: column, y: row, unit };
}

/** Points in true proportions. Without a scale, pixels are as wide and high as the image says, else square. */
function proportioned(frame: Frame, points: readonly Vec3[]): Pair[] {
  const way = points.map((point) => toPixel(frame, point));
  const scale = frame.ultrasound ? scaleAlong(frame.ultrasound, way) : { x: frame.size.column, y: frame.size.row };
  const { x, y } = "reason" in scale ? { x: 1, y: 1 } : scale;
  return way.map(([px, py]) => [px * x, py * y]);
}

/** Angle between two ways, 0 to 180 degrees; null where one has no length. */
function turn([ax, ay]: Pair, [bx, by]: Pair): Reading | null {
  const lengths = Math.hypot(ax, ay) * Math.hypot(bx, by);
  if (lengths === 0) return null;
  const cosine = (ax * bx + ay * by) / lengths;
  return { value: (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI, unit: "°" };
}
const way = ([ax, ay]: Pair, [bx, by]: Pair): Pair => [bx - ax, by - ay];

/** Angle at the middle point, 0 to 180 degrees, in true proportions of the image. */
export function angleOf(frame: Frame, a: Vec3, vertex: Vec3, b: Vec3): Reading | null {
  const [first, middle, last] = proportioned(frame, [a, vertex, b]) as [Pair, Pair, Pair];
  return turn(way(middle, first), way(middle, last));
}

/**
 * Angle between two lines, each taken from its left to its right end (of an upright one from its upper to its lower), whichever way it was drawn:
 * 0 to 180 degrees, so that a curve of more than 90 degrees is one.
 */
export function angleBetween(frame: Frame, one: readonly [Vec3, Vec3], two: readonly [Vec3, Vec3]): Reading | null {
  const [a, b, c, d] = proportioned(frame, [...one, ...two]) as [Pair, Pair, Pair, Pair];
  const onwards = ([x, y]: Pair): Pair => (x < 0 || (x === 0 && y < 0) ? [-x, -y] : [x, y]);
  return turn(onwards(way(a, b)), onwards(way(c, d)));
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
 *
 * @param plane of a volume, in place of an image: `"coronal plane"`.
 */
export function withPlace(
  words: string,
  seriesNumber: number | null,
  imageNumber: number | null,
  plane: string | null = null,
): string {
  const place = [
    seriesNumber === null ? null : `series ${seriesNumber}`,
    imageNumber === null ? null : `image ${imageNumber}`,
    plane,
  ].filter(Boolean);
  return place.length > 0 ? `${words} (${place.join(", ")})` : words;
}

const units = { mm: unit.millimetre, "mm at detector": unit.millimetre, px: unit.pixels, "°": unit.degree } as const;

/** A reading as it is kept and sent. */
export function asValue(what: Code, reading: Reading): MeasuredValue {
  const reason = reading.reason ?? (reading.unit === "mm at detector" ? atDetector : null);
  return { quantity: what, value: reading.value, unit: units[reading.unit], reason };
}

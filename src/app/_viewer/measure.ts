import type { Frame, Vec3 } from "./frames.ts";
import { dot } from "./frames.ts";
import type { Measurement } from "./types.ts";

export type Reading = { value: number; unit: Measurement["unit"] };

const origin: Vec3 = [0, 0, 0];
const alongX: Vec3 = [1, 0, 0];
const alongY: Vec3 = [0, 1, 0];

/** Where a point of the patient lies in the image, in pixels from the middle of the first one: `[column, row]`. */
export function toPixel(frame: Frame, point: Vec3): [number, number] {
  const from = frame.position ?? origin;
  const way: Vec3 = [point[0] - from[0], point[1] - from[1], point[2] - from[2]];
  return [
    dot(way, frame.rowDirection ?? alongX) / frame.size.column,
    dot(way, frame.columnDirection ?? alongY) / frame.size.row,
  ];
}

/**
 * Length of a line. Millimetres only where the image is calibrated, and then it says in which plane;
 * in an ultrasound image the region that holds both ends decides.
 */
export function lengthOf(frame: Frame, from: Vec3, to: Vec3): Reading {
  const [x0, y0] = toPixel(frame, from);
  const [x1, y1] = toPixel(frame, to);
  const region = frame.regions.find(
    (r) => x0 >= r.x0 && x0 <= r.x1 && x1 >= r.x0 && x1 <= r.x1 && y0 >= r.y0 && y0 <= r.y1 && y1 >= r.y0 && y1 <= r.y1,
  );
  if (region) return { value: Math.hypot((x1 - x0) * region.deltaX, (y1 - y0) * region.deltaY), unit: "mm" };
  const { row, column, unit } = frame.size;
  return { value: Math.hypot((x1 - x0) * column, (y1 - y0) * row), unit };
}

/** Angle at the middle point, 0 to 180 degrees, in true proportions of the image. */
export function angleOf(frame: Frame, a: Vec3, vertex: Vec3, b: Vec3): Reading | null {
  const scaled = (point: Vec3): [number, number] => {
    const [x, y] = toPixel(frame, point);
    return [x * frame.size.column, y * frame.size.row];
  };
  const [ax, ay] = scaled(a);
  const [vx, vy] = scaled(vertex);
  const [bx, by] = scaled(b);
  const one = Math.hypot(ax - vx, ay - vy);
  const two = Math.hypot(bx - vx, by - vy);
  if (one === 0 || two === 0) return null;
  const cosine = ((ax - vx) * (bx - vx) + (ay - vy) * (by - vy)) / (one * two);
  return { value: (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI, unit: "°" };
}

/** `"12.4 mm"`, `"37°"`, `"118 px"`. */
export function readingText({ value, unit }: Reading): string {
  if (unit === "px") return `${Math.round(value)} px`;
  if (unit === "°") return `${value.toFixed(1)}°`;
  return `${value.toFixed(1)} ${unit}`;
}

/** `"12.4 mm (series 3, image 41)"`: enough to find the place again without us. */
export function measurementText(reading: Reading, seriesNumber: number | null, imageNumber: number | null): string {
  const place = [
    seriesNumber === null ? null : `series ${seriesNumber}`,
    imageNumber === null ? null : `image ${imageNumber}`,
  ].filter(Boolean);
  return place.length > 0 ? `${readingText(reading)} (${place.join(", ")})` : readingText(reading);
}

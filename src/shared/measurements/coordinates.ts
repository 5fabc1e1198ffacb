import { type GraphicType, type MeasurementKind, shapeOf } from "./kinds.ts";
import type { ImagePoint, KeptMeasurement } from "./measurement.ts";

type Point = readonly number[];

/** Spatial coordinates on an image or in the patient (PS3.3 §C.18.6, §C.18.9). */
export type Coordinates<P extends Point = ImagePoint> = { readonly type: GraphicType; readonly points: readonly P[] };

/** Both lines of two, in the order of their values; other viewers draw one way through all points. */
const oneByOne: ReadonlySet<MeasurementKind> = new Set(["bidirectional"]);

/**
 * A measurement as spatial coordinates, for each of its values: of two diameters each value has its own line, of
 * everything else all values share one. An angle is written as its two legs, the vertex twice, a closed shape with its
 * first point again, as the readers of cornerstone's own reports expect it.
 */
export function coordinatesOf<P extends Point>({
  kind,
  closed,
  points,
}: Pick<KeptMeasurement, "kind" | "closed"> & { points: readonly P[] }): Coordinates<P>[] {
  const { graphic } = shapeOf(kind);
  const [a, b, c] = points;
  if (kind === "angle" && a && b && c) return [{ type: "POLYLINE", points: [a, b, b, c] }];
  if (oneByOne.has(kind))
    return [
      { type: "POLYLINE", points: points.slice(0, 2) },
      { type: "POLYLINE", points: points.slice(2) },
    ];
  if (graphic === "twoLines") return [{ type: "POLYLINE", points }];
  if (graphic === "ELLIPSE") return [{ type: graphic, points: majorFirst(points) }];
  const isRound = kind === "rectangle" || closed;
  return [{ type: graphic, points: isRound && a ? [...points, a] : points }];
}

/** The way back from {@link coordinatesOf}; null where the coordinates are not what the kind is drawn with. */
export function pointsOf(
  kind: MeasurementKind,
  all: readonly Coordinates[],
): { points: ImagePoint[]; closed: boolean } | null {
  const { least, most, graphic } = shapeOf(kind);
  const [first] = all;
  if (!first) return null;
  const expected = graphic === "twoLines" ? "POLYLINE" : graphic;
  if (all.some(({ type }) => type !== expected)) return null;
  const whole = (points: readonly ImagePoint[], closed = false) =>
    points.length >= least && points.length <= most ? { points: [...points], closed } : null;
  const { points } = first;
  if (kind === "angle") {
    const [a, b, again, c] = points;
    return points.length === 4 && a && b && again && c && isSame(b, again) ? whole([a, b, c]) : whole(points);
  }
  if (oneByOne.has(kind)) return whole(all.flatMap((each) => each.points));
  const [begin, end] = [points[0], points.at(-1)];
  const isRound = points.length > 3 && begin !== undefined && end !== undefined && isSame(begin, end);
  if (kind === "rectangle") return whole(isRound ? points.slice(0, -1) : points);
  if (kind === "freehand" || kind === "polyline") return isRound ? whole(points.slice(0, -1), true) : whole(points);
  return whole(points);
}

const isSame = (one: Point, other: Point): boolean => one.every((value, axis) => value === other[axis]);
const lengthOf = (from: Point = [], to: Point = []): number =>
  Math.hypot(...from.map((value, axis) => value - (to[axis] ?? 0)));

/** The ends of an ellipse's longer axis come first (PS3.3 §C.18.6.1.2), in pixels as the coordinates are. */
function majorFirst<P extends Point>(points: readonly P[]): readonly P[] {
  return lengthOf(points[0], points[1]) >= lengthOf(points[2], points[3])
    ? points
    : [...points.slice(2), ...points.slice(0, 2)];
}

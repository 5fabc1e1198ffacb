import { kindOfTool, shapeOf } from "./kinds.ts";
import type { ImagePoint, KeptMeasurement, PatientPoint, Where } from "./measurement.ts";
import { fromImage, type ImagePlane, toImage } from "./plane.ts";

/** What the drawing library keeps of a measurement's form. Points are in its space: see {@link ImagePlane}. */
export type Drawing = {
  readonly tool: string;
  readonly handles: readonly PatientPoint[];
  /** Of a contour, which has no handles. */
  readonly line?: readonly PatientPoint[];
  readonly closed: boolean;
};

/** A measurement's form in the library's space. */
export type Form = Pick<KeptMeasurement, "kind" | "closed"> & { readonly points: readonly PatientPoint[] };

/** The form of a drawing, its points in our order; null for a tool that measures nothing and for a drawing that is not whole. */
export function formOf({ tool, handles, line, closed }: Drawing): Form | null {
  const kind = kindOfTool(tool);
  if (!kind) return null;
  const shape = shapeOf(kind);
  const drawn = shape.contour ? (line ?? []) : handles;
  const points = shape.handles ? shape.handles.flatMap((at) => drawn.slice(at, at + 1)) : drawn;
  if (points.length < shape.least || points.length > shape.most) return null;
  return { kind, closed, points: kind === "bidirectional" ? longFirst(points) : points };
}

/** Of two diameters the longer one first, whichever was drawn first. */
function longFirst(points: readonly PatientPoint[]): readonly PatientPoint[] {
  const lengthFrom = (at: number) =>
    Math.hypot(...[0, 1, 2].map((axis) => (points[at]?.[axis] ?? 0) - (points[at + 1]?.[axis] ?? 0)));
  return lengthFrom(0) < lengthFrom(2) ? [...points.slice(2), ...points.slice(0, 2)] : points;
}

/** The way back from {@link formOf}. */
export function drawingOf({ kind, closed, points }: Form): Drawing {
  const { tool, handles, contour } = shapeOf(kind);
  if (contour) return { tool, handles: [], line: points, closed };
  const ordered = handles
    ? points.flatMap((_, at) => points.slice(handles.indexOf(at), handles.indexOf(at) + 1))
    : points;
  return { tool, handles: ordered, closed };
}

/** Points that were drawn on an image, in the image's coordinates. */
export function onImage(plane: ImagePlane, points: readonly PatientPoint[]): ImagePoint[] {
  return points.map((point) => toImage(plane, point));
}

/**
 * The points of a measurement in the library's space.
 *
 * @param plane of the image that it lies on; not asked for what was drawn on a reformatted plane.
 */
export function pointsIn(where: Where, plane: ImagePlane): PatientPoint[] {
  return where.space === "image" ? where.points.map((point) => fromImage(plane, point)) : where.points;
}

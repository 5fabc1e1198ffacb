/**
 * Kinds of measurement, and what a drawing of each consists of.
 *
 * `points` of a measurement, in this order: `length` and `arrow` from, to (an arrow's head is at `to`); `angle` end,
 * vertex, end; `cobb` both ends of the first line, both of the second; `bidirectional` both ends of the long axis, both
 * of the short one; `ellipse` both ends of one axis, both of the other; `circle` centre, a point of the rim;
 * `rectangle` four corners, going round; `freehand` and `polyline` one after the other; `probe`, `text` and `spine` the
 * point; `ratio` both ends of the numerator's line, both of the denominator's.
 */
export const measurementKinds = [
  "length",
  "angle",
  "cobb",
  "bidirectional",
  "ellipse",
  "circle",
  "rectangle",
  "freehand",
  "polyline",
  "arrow",
  "probe",
  "text",
  "spine",
  "ratio",
] as const;
export type MeasurementKind = (typeof measurementKinds)[number];

/** Graphic Type of spatial coordinates (PS3.3 §C.18.6.1.2). */
export type GraphicType = "POINT" | "MULTIPOINT" | "POLYLINE" | "CIRCLE" | "ELLIPSE";

export type MeasurementShape = {
  readonly least: number;
  readonly most: number;
  /**
   * How the points are written as spatial coordinates. `twoLines`: a `POLYLINE` for each pair of points. `POLYLINE` of
   * a closed shape repeats its first point.
   */
  readonly graphic: GraphicType | "twoLines";
  /** The drawing library's tool; its handles are our points in this order, where it is not the same. */
  readonly tool: string;
  readonly handles?: readonly number[];
  /** Drawn as a contour, whose points are no handles. */
  readonly contour?: true;
};

const many = 20_000;
const shapes: Record<MeasurementKind, MeasurementShape> = {
  length: { least: 2, most: 2, graphic: "POLYLINE", tool: "Length" },
  angle: { least: 3, most: 3, graphic: "POLYLINE", tool: "Angle" },
  cobb: { least: 4, most: 4, graphic: "twoLines", tool: "CobbAngle" },
  bidirectional: { least: 4, most: 4, graphic: "twoLines", tool: "Bidirectional" },
  ellipse: { least: 4, most: 4, graphic: "ELLIPSE", tool: "EllipticalROI" },
  circle: { least: 2, most: 2, graphic: "CIRCLE", tool: "CircleROI" },
  // The library's corners lie row by row, ours go round.
  rectangle: { least: 4, most: 4, graphic: "POLYLINE", tool: "RectangleROI", handles: [0, 1, 3, 2] },
  freehand: { least: 2, most: many, graphic: "POLYLINE", tool: "PlanarFreehandROI", contour: true },
  polyline: { least: 2, most: many, graphic: "POLYLINE", tool: "SplineROI" },
  // The library's first handle is the head.
  arrow: { least: 2, most: 2, graphic: "POLYLINE", tool: "ArrowAnnotate", handles: [1, 0] },
  probe: { least: 1, most: 1, graphic: "POINT", tool: "Probe" },
  text: { least: 1, most: 1, graphic: "POINT", tool: "Label" },
  spine: { least: 1, most: 1, graphic: "POINT", tool: "SpineLabel" },
  ratio: { least: 4, most: 4, graphic: "twoLines", tool: "Ratio" },
};

export function shapeOf(kind: MeasurementKind): MeasurementShape {
  return shapes[kind];
}

/** The kind that a tool of the drawing library draws; null for a tool that measures nothing. */
export function kindOfTool(tool: string): MeasurementKind | null {
  return measurementKinds.find((kind) => shapes[kind].tool === tool) ?? null;
}

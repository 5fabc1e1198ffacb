import type { ImagePoint, PatientPoint } from "./measurement.ts";

/**
 * Where an image lies in the space that drawings are made in: the patient, or, for an image without a position, its own
 * plane with the first pixel's centre as origin.
 */
export type ImagePlane = {
  /** Centre of the first pixel. */
  readonly origin: PatientPoint;
  /** Directions of increasing column and row; length 1. */
  readonly along: PatientPoint;
  readonly down: PatientPoint;
  /** Distance of columns and of rows. */
  readonly columnSpacing: number;
  readonly rowSpacing: number;
};

const dot = (a: PatientPoint, b: PatientPoint) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** A point of the plane in the image, see {@link ImagePoint}; one beside the plane is seen from straight above. */
export function toImage({ origin, along, down, columnSpacing, rowSpacing }: ImagePlane, at: PatientPoint): ImagePoint {
  const way: PatientPoint = [at[0] - origin[0], at[1] - origin[1], at[2] - origin[2]];
  return [dot(way, along) / columnSpacing + 0.5, dot(way, down) / rowSpacing + 0.5];
}

/** The way back from {@link toImage}. */
export function fromImage(plane: ImagePlane, [column, row]: ImagePoint): PatientPoint {
  const right = (column - 0.5) * plane.columnSpacing;
  const below = (row - 0.5) * plane.rowSpacing;
  const at = (i: 0 | 1 | 2) => plane.origin[i] + right * plane.along[i] + below * plane.down[i];
  return [at(0), at(1), at(2)];
}

/** The direction from which the image is looked at, into the screen. */
export function normalOf({ along: a, down: d }: ImagePlane): PatientPoint {
  return [a[1] * d[2] - a[2] * d[1], a[2] * d[0] - a[0] * d[2], a[0] * d[1] - a[1] * d[0]];
}

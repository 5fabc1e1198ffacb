import type { Types } from "@cornerstonejs/core";
import { texts } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import type { Frame } from "../../frame.ts";
import { lettersFromPatientOrientation, orientationLetters } from "../../geometry.ts";
import type { Vec3 } from "../../vectors.ts";
import type { Screen, ViewportView } from "../viewport.ts";

export type CameraLabels = Pick<ViewportView, "letters" | "screen"> & { zoom: number };

/** Orientation letters, zoom and place of an image as the camera shows it. Null while the viewport has no size. */
export function cameraLabels(
  viewport: Types.IStackViewport,
  { clientWidth: width, clientHeight: height }: HTMLElement,
  frame: Frame,
): CameraLabels | null {
  if (width === 0 || height === 0) return null;
  const corner = viewport.canvasToWorld([0, 0]);
  const across = difference(viewport.canvasToWorld([width, 0]), corner);
  const downwards = difference(viewport.canvasToWorld([0, height]), corner);
  const right = across.map((value) => value / Math.hypot(...across)) as Vec3;
  const down = downwards.map((value) => value / Math.hypot(...downwards)) as Vec3;
  const [rowEnd, columnEnd] = texts(frame.attributes, Tag.PatientOrientation);
  const letters = frame.rowDirection
    ? orientationLetters(right, down)
    : rowEnd && columnEnd
      ? lettersFromPatientOrientation(rowEnd, columnEnd, [right[0], right[1]], [down[0], down[1]])
      : null;
  const perScreenPixel = Math.hypot(...across) / width;
  const screen: Screen = { corner: difference(corner, [0, 0, 0]), right, down, scale: perScreenPixel };
  return { letters, zoom: frame.size.column / perScreenPixel, screen };
}

function difference(a: ArrayLike<number>, b: ArrayLike<number>): Vec3 {
  return [(a[0] ?? 0) - (b[0] ?? 0), (a[1] ?? 0) - (b[1] ?? 0), (a[2] ?? 0) - (b[2] ?? 0)];
}

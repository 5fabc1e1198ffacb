import type { Types } from "@cornerstonejs/tools";
import { isUid, uidFromUuid } from "@overread/shared/dicom/uids";
import { type Drawing, drawingOf, formOf, onImage, pointsIn } from "@overread/shared/measurements/drawing";
import { imageOf, type KeptMeasurement, type PatientPoint } from "@overread/shared/measurements/measurement";
import { fromImage, type ImagePlane, normalOf, toImage } from "@overread/shared/measurements/plane";
import type { Frame } from "../frame.ts";

type Annotation = Types.Annotation;
const origin: PatientPoint = [0, 0, 0];
const alongX: PatientPoint = [1, 0, 0];
const alongY: PatientPoint = [0, 1, 0];

/** Where the library draws on a frame: the same plane as in `image-modules.ts`. */
function planeOf({ position, rowDirection, columnDirection, size }: Frame): ImagePlane {
  return {
    origin: position ?? origin,
    along: rowDirection ?? alongX,
    down: columnDirection ?? alongY,
    columnSpacing: size.column,
    rowSpacing: size.row,
  };
}

/** Tracking UID of an annotation: its own where it was drawn from one, else the one that its UUID stands for. */
export function trackingUidOf({ annotationUID = "" }: Pick<Annotation, "annotationUID">): string | null {
  if (isUid(annotationUID) && annotationUID.includes(".")) return annotationUID;
  return /^[0-9a-f-]{32,36}$/i.test(annotationUID) ? uidFromUuid(annotationUID) : null;
}

/** What the library keeps of an annotation's form. */
export function drawingIn({ data, metadata }: Annotation): Drawing {
  const contour = data.contour as { polyline?: PatientPoint[]; closed?: boolean } | undefined;
  return {
    tool: metadata?.toolName ?? "",
    handles: (data.handles?.points ?? []) as PatientPoint[],
    ...(contour?.polyline ? { line: contour.polyline } : {}),
    closed: contour?.closed ?? false,
  };
}

/** An annotation on an image, to be kept; null for one that measures nothing, is not whole, or does not lie on the image. */
export function keptOf(
  annotation: Annotation,
  frame: Frame,
  { studyInstanceUid, at, values }: Pick<KeptMeasurement, "at" | "values"> & { studyInstanceUid: string },
): KeptMeasurement | null {
  const trackingUid = trackingUidOf(annotation);
  const form = formOf(drawingIn(annotation));
  if (!form || !trackingUid) return null;
  const plane = planeOf(frame);
  // Drawn on a reformatted plane: its points are beside the image, and would be other ones on it.
  const isOnIt = (point: PatientPoint) => {
    const on = fromImage(plane, toImage(plane, point));
    return Math.hypot(on[0] - point[0], on[1] - point[1], on[2] - point[2]) < 1e-3;
  };
  if (!form.points.every(isOnIt)) return null;
  const { seriesInstanceUid, sopInstanceUid, sopClassUid, frameNumber, frameOfReferenceUid } = frame;
  return {
    trackingUid,
    kind: form.kind,
    where: {
      space: "image",
      image: { studyInstanceUid, seriesInstanceUid, sopInstanceUid, sopClassUid, frameNumber },
      frameOfReferenceUid: isUid(frameOfReferenceUid) ? frameOfReferenceUid : null,
      points: onImage(plane, form.points),
    },
    closed: form.closed,
    values: [...values],
    label: (annotation.data.label as string | undefined) ?? "",
    finding: null,
    site: null,
    author: "",
    at,
  };
}

/** A kept measurement as the library draws it. @param locked a colleague's, which is not changed here. */
export function annotationOf(measurement: KeptMeasurement, frame: Frame, locked: boolean): Annotation {
  const plane = planeOf(frame);
  const { kind, closed, where, label, trackingUid } = measurement;
  const { tool, handles, line } = drawingOf({ kind, closed, points: pointsIn(where, plane) });
  const into = normalOf(plane);
  const at = handles[0] ?? line?.[0] ?? plane.origin;
  return {
    annotationUID: trackingUid,
    highlighted: false,
    invalidated: true,
    isLocked: locked,
    isVisible: true,
    metadata: {
      toolName: tool,
      referencedImageId: frame.imageId,
      FrameOfReferenceUID: frame.frameOfReferenceUid,
      viewPlaneNormal: [-into[0], -into[1], -into[2]],
      viewUp: [-plane.down[0], -plane.down[1], -plane.down[2]],
    },
    data: {
      label,
      cachedStats: {},
      handles: {
        points: handles.map((point) => [...point] as PatientPoint),
        activeHandleIndex: null,
        textBox: {
          hasMoved: false,
          worldPosition: [...at] as PatientPoint,
          worldBoundingBox: { topLeft: origin, topRight: origin, bottomLeft: origin, bottomRight: origin },
        },
      },
      ...(line ? { contour: { polyline: line.map((point) => [...point]), closed } } : {}),
    },
  } as unknown as Annotation;
}

/** The viewer's address of the image that a measurement belongs to. @param root `/dicomweb/<org>` with its origin. */
export function imageIdOf(measurement: Pick<KeptMeasurement, "where">, root: string): string {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, frameNumber } = imageOf(measurement);
  return `wadors:${root}/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}/frames/${frameNumber}`;
}

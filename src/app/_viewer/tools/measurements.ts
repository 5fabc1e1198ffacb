import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import { frameByImageId } from "../cornerstone.ts";
import { withPlace } from "../measure.ts";
import type { Measurement, StudyForViewing } from "../types.ts";
import type { Vec3 } from "../vectors.ts";
import { imageNearest } from "../volume/volume-store.ts";
import { kindDrawnBy, sayOf } from "./measuring-tools.ts";

export type MeasurementWatch = {
  /** Reads all measurements again. */
  refresh(): void;
  /** Removes one. */
  remove(id: string): void;
  /** The measurement selected with the mouse. */
  picked(): string | null;
  close(): void;
};

/**
 * The measurements on the images of these studies, as the report needs them.
 *
 * @param onChange called at most once per animation frame: during a drag the library sends an event for every pointer
 * move.
 */
export function watchMeasurements(
  studies: () => readonly StudyForViewing[],
  onChange: (measurements: Measurement[]) => void,
): MeasurementWatch {
  let scheduled = 0;
  const refresh = () => {
    const all = tools.annotation.state
      .getAllAnnotations()
      .map((annotation) => measurementOf(annotation, studies()))
      .filter((measurement): measurement is Measurement => measurement !== null);
    onChange(all);
  };
  const onAnnotation = () => {
    scheduled ||= requestAnimationFrame(() => {
      scheduled = 0;
      refresh();
    });
  };
  const events = [
    tools.Enums.Events.ANNOTATION_COMPLETED,
    tools.Enums.Events.ANNOTATION_MODIFIED,
    tools.Enums.Events.ANNOTATION_REMOVED,
  ] as string[];
  for (const event of events) core.eventTarget.addEventListener(event, onAnnotation);
  return {
    refresh,
    remove(id) {
      tools.annotation.state.removeAnnotation(id);
      refresh();
    },
    picked: () => tools.annotation.selection.getAnnotationsSelected()[0] ?? null,
    close() {
      if (scheduled) cancelAnimationFrame(scheduled);
      for (const event of events) core.eventTarget.removeEventListener(event, onAnnotation);
    },
  };
}

function measurementOf(annotation: tools.Types.Annotation, studies: readonly StudyForViewing[]): Measurement | null {
  const imageId = annotation.metadata?.referencedImageId;
  const frame = imageId ? frameByImageId(imageId) : undefined;
  const points = annotation.data.handles?.points as Vec3[] | undefined;
  const study = imageId
    ? studies.find((each) => imageId.includes(`${each.dicomwebRoot}/studies/${each.studyInstanceUid}/`))
    : undefined;
  const kind = kindDrawnBy(annotation.metadata?.toolName ?? "");
  if (!imageId || !frame || !points || !study || !kind || !annotation.annotationUID) return null;
  const said = sayOf(kind, imageId, points);
  // A plane is no image of the archive: the report is led to the one that lies nearest.
  const pictured = frame.reformat ? imageNearest(frame.reformat.volume, middleOf(points)) : frame;
  if (!said || !pictured) return null;
  const series = study.series.find(({ seriesInstanceUid }) => seriesInstanceUid === frame.seriesInstanceUid);
  const number = series?.seriesNumber ?? null;
  return {
    id: annotation.annotationUID,
    type: kind,
    value: said.value,
    unit: said.unit,
    text: frame.reformat
      ? withPlace(said.words, number, null, `${frame.reformat.words} plane`)
      : withPlace(said.words, number, frame.imageNumber),
    studyInstanceUid: study.studyInstanceUid,
    seriesInstanceUid: pictured.seriesInstanceUid,
    sopInstanceUid: pictured.sopInstanceUid,
    sopClassUid: pictured.sopClassUid,
    frameNumber: pictured.frameNumber,
  };
}

function middleOf(points: readonly Vec3[]): Vec3 {
  return [0, 1, 2].map((i) => points.reduce((sum, point) => sum + (point[i] ?? 0), 0) / points.length) as Vec3;
}

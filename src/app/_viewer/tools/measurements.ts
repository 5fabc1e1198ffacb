import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import type { KeptMeasurement } from "@overread/shared/measurements/measurement";
import { frameByImageId } from "../cornerstone.ts";
import { withPlace } from "../measure.ts";
import type { KeptHere, LostMeasurement, Measurement, StudyForViewing } from "../types.ts";
import type { Vec3 } from "../vectors.ts";
import { imageNearest } from "../volume/volume-store.ts";
import { trackingUidOf } from "./kept-annotation.ts";
import { createKeptMeasurements } from "./kept-measurements.ts";
import { kindDrawnBy, sayOf } from "./measuring-tools.ts";

export type MeasurementWatch = {
  /** Reads all measurements again. */
  refresh(): void;
  /** Removes one. */
  remove(id: string): void;
  /** Draws what is kept, on images that are known already and on others when they are ({@link drawKept}). */
  seed(kept: KeptHere): void;
  /** After images have become known. @returns whether something was drawn. */
  drawKept(): boolean;
  /** Series that kept drawings wait for. */
  awaited(): string[];
  /** The reader's own as they are kept; null before it is known what is kept. */
  own(): KeptMeasurement[] | null;
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
  onChange: (measurements: Measurement[], lost: LostMeasurement[]) => void,
): MeasurementWatch {
  let scheduled = 0;
  /** Values of an image that was not here were asked for. */
  let waits = false;
  const kept = createKeptMeasurements(studies);
  const refresh = () => {
    waits = false;
    const all = tools.annotation.state.getAllAnnotations().flatMap((annotation) => {
      // Of an image that is not here (any more) there are no values to read: what was kept of it stands.
      const away = isAway(annotation);
      waits ||= away;
      const words = away ? kept.wordsOf(annotation) : null;
      const measurement = measurementOf(annotation, studies(), words);
      return measurement ? [{ ...measurement, author: kept.authorOf(annotation) }] : [];
    });
    onChange(all, kept.lost());
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
  const onImage = () => {
    if (waits) onAnnotation();
  };
  core.eventTarget.addEventListener(core.Enums.Events.IMAGE_CACHE_IMAGE_ADDED, onImage);
  return {
    refresh,
    seed(here) {
      kept.seed(here);
      kept.draw();
      refresh();
    },
    drawKept() {
      const any = kept.draw();
      if (any) refresh();
      return any;
    },
    awaited: kept.awaited,
    own: kept.own,
    remove(id) {
      kept.remove(trackingUidOf({ annotationUID: id }) ?? id);
      tools.annotation.state.removeAnnotation(id);
      refresh();
    },
    picked: () => tools.annotation.selection.getAnnotationsSelected()[0] ?? null,
    close() {
      if (scheduled) cancelAnimationFrame(scheduled);
      for (const event of events) core.eventTarget.removeEventListener(event, onAnnotation);
      core.eventTarget.removeEventListener(core.Enums.Events.IMAGE_CACHE_IMAGE_ADDED, onImage);
    },
  };
}

/** Its image's values are not loaded. */
function isAway({ metadata }: tools.Types.Annotation): boolean {
  const imageId = metadata?.referencedImageId;
  const kind = kindDrawnBy(metadata?.toolName ?? "");
  const reads = kind === "ellipse" || kind === "rectangle" || kind === "value";
  return reads && imageId !== undefined && !frameByImageId(imageId)?.reformat && !core.cache.getImage(imageId);
}

/** @param words in place of what its points say now. */
function measurementOf(
  annotation: tools.Types.Annotation,
  studies: readonly StudyForViewing[],
  words: string | null,
): Omit<Measurement, "author"> | null {
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
      : withPlace(words ?? said.words, number, frame.imageNumber),
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

import * as tools from "@cornerstonejs/tools";
import { imageOf, type KeptMeasurement } from "@overread/shared/measurements/measurement";
import { keptWords } from "@overread/shared/measurements/words";
import { frameByImageId } from "../cornerstone.ts";
import type { KeptHere, LostMeasurement, StudyForViewing } from "../types.ts";
import type { Vec3 } from "../vectors.ts";
import { annotationOf, drawingIn, imageIdOf, keptOf, trackingUidOf } from "./kept-annotation.ts";
import { kindDrawnBy, sayOf } from "./measuring-tools.ts";

type Annotation = tools.Types.Annotation;

export type KeptMeasurements = {
  /** What is kept now; drawn as soon as its images are known. */
  seed(kept: KeptHere): void;
  /** Draws what has not been drawn yet and whose image is known by now. @returns whether anything was. */
  draw(): boolean;
  /** Everything that is the reader's own, drawn or not; null before anything is known of what is kept. */
  own(): KeptMeasurement[] | null;
  /** Whose a drawing is, where it is a colleague's. */
  authorOf(annotation: Annotation): string | null;
  /** What was kept of a drawing that nobody has changed since; null otherwise. */
  wordsOf(annotation: Annotation): string | null;
  /** The series that drawings wait for. */
  awaited(): string[];
  /** The reader's own whose images cannot be opened any more. */
  lost(): LostMeasurement[];
  /** Forgets one, drawn or not. */
  remove(trackingUid: string): void;
};

/** The measurements that are kept of these studies: those that the library draws, and those whose image it does not know yet. */
export function createKeptMeasurements(studies: () => readonly StudyForViewing[]): KeptMeasurements {
  /** As kept last, with the form it was kept in: what nobody has touched since is kept as it was. */
  const known = new Map<string, { form: string; measurement: KeptMeasurement }>();
  const waiting = new Map<string, { measurement: KeptMeasurement; author: string | null }>();
  const colleagues = new Map<string, string>();
  let gone: ReadonlySet<string> = new Set();
  let seeded = false;

  const drawn = () => tools.annotation.state.getAllAnnotations();
  const studyOfImage = (imageId: string) =>
    studies().find((each) => imageId.includes(`${each.dicomwebRoot}/studies/${each.studyInstanceUid}/`));

  return {
    seed(kept) {
      seeded = true;
      gone = new Set(kept.gone);
      const there = new Set(drawn().map(trackingUidOf));
      for (const measurement of kept.own)
        if (!there.has(measurement.trackingUid)) waiting.set(measurement.trackingUid, { measurement, author: null });
      // What the reader has taken over is his.
      for (const uid of kept.own.map(({ trackingUid }) => trackingUid)) colleagues.delete(uid);
      for (const { author, measurements } of kept.others)
        for (const measurement of measurements) {
          const { trackingUid } = measurement;
          if (there.has(trackingUid) || waiting.has(trackingUid)) continue;
          colleagues.set(trackingUid, author);
          waiting.set(trackingUid, { measurement, author });
        }
    },
    draw() {
      let any = false;
      for (const [uid, { measurement, author }] of waiting) {
        if (measurement.where.space !== "image" || gone.has(imageOf(measurement).sopInstanceUid)) continue;
        const frame = studies()
          .filter(({ lentBy }) => !lentBy)
          .map((each) => frameByImageId(imageIdOf(measurement, `${window.location.origin}${each.dicomwebRoot}`)))
          .find((each) => each !== undefined);
        if (!frame) continue;
        const annotation = annotationOf(measurement, frame, author !== null);
        tools.annotation.state.addAnnotation(annotation, frame.frameOfReferenceUid);
        if (author !== null) styleOfColleague(uid);
        known.set(uid, { form: JSON.stringify(drawingIn(annotation)), measurement });
        waiting.delete(uid);
        any = true;
      }
      return any;
    },
    own() {
      if (!seeded) return null;
      const now = new Date().toISOString();
      const all = drawn().flatMap((annotation) => {
        const uid = trackingUidOf(annotation);
        const imageId = annotation.metadata?.referencedImageId;
        const frame = imageId ? frameByImageId(imageId) : undefined;
        const study = imageId ? studyOfImage(imageId) : undefined;
        // What another hospital lends is not kept: it is gone when the claim is. A reformatted plane is no image of the archive.
        if (!uid || !frame || frame.reformat || !study || study.lentBy || colleagues.has(uid)) return [];
        const form = JSON.stringify(drawingIn(annotation));
        const before = known.get(uid);
        if (before?.form === form) return [before.measurement];
        const kind = kindDrawnBy(annotation.metadata?.toolName ?? "");
        const said = kind && imageId ? sayOf(kind, imageId, drawingIn(annotation).handles as Vec3[]) : null;
        if (!said) return [];
        const { studyInstanceUid } = study;
        const measurement = keptOf(annotation, frame, { studyInstanceUid, at: now, values: said.values });
        if (!measurement) return [];
        const named = before
          ? {
              ...measurement,
              author: before.measurement.author,
              finding: before.measurement.finding,
              site: before.measurement.site,
            }
          : measurement;
        known.set(uid, { form, measurement: named });
        return [named];
      });
      const own = [...waiting.values()].filter(({ author }) => author === null).map((each) => each.measurement);
      return [...all, ...own].sort((a, b) => (a.trackingUid < b.trackingUid ? -1 : 1));
    },
    wordsOf(annotation) {
      const before = known.get(trackingUidOf(annotation) ?? "");
      return before?.form === JSON.stringify(drawingIn(annotation)) ? keptWords(before.measurement) : null;
    },
    authorOf: (annotation) => colleagues.get(trackingUidOf(annotation) ?? "") ?? null,
    awaited: () => [...new Set([...waiting.values()].map(({ measurement }) => imageOf(measurement).seriesInstanceUid))],
    lost: () =>
      [...waiting.values()]
        .filter(({ measurement, author }) => author === null && gone.has(imageOf(measurement).sopInstanceUid))
        .map(({ measurement }) => ({ id: measurement.trackingUid, text: keptWords(measurement) })),
    remove(trackingUid) {
      waiting.delete(trackingUid);
      known.delete(trackingUid);
    },
  };
}

/** Drawn in another colour and broken lines: not one's own. */
function styleOfColleague(annotationUid: string): void {
  tools.annotation.config.style.setAnnotationStyles(annotationUid, {
    color: "rgb(180, 200, 220)",
    textBoxColor: "rgb(180, 200, 220)",
    lineDash: "4,4",
  });
}

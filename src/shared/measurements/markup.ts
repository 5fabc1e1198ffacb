import { z } from "zod";
import { KeptMeasurement, MeasuredImage } from "./measurement.ts";

const finite = z.number().min(-1e9).max(1e9);

/** Shapes of a window (PS3.3 §C.11.2.1.2, §C.11.2.1.3). */
const KeptWindow = z.strictObject({
  center: finite,
  width: z.number().min(1e-9).max(1e9),
  shape: z.enum(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
});
export type KeptWindow = z.output<typeof KeptWindow>;

/**
 * How a reader looked at a series. `image`: the one he was at. `window` of the whole series, null as sent; `windows` of
 * images that each have their own. `camera` null: the whole image, upright; zoom and pan as in the viewer's state, free
 * of the screen's size.
 */
export const KeptPresentation = z.strictObject({
  image: MeasuredImage,
  window: KeptWindow.nullable(),
  windows: z
    .array(
      z.strictObject({
        sopInstanceUid: MeasuredImage.shape.sopInstanceUid,
        frameNumber: MeasuredImage.shape.frameNumber,
        window: KeptWindow,
      }),
    )
    .max(500),
  inverted: z.boolean(),
  camera: z
    .strictObject({
      zoom: z.number().min(1e-3).max(1e4),
      pan: z.tuple([finite, finite]),
      rotation: z.number().min(-360).max(360),
      flipped: z.boolean(),
    })
    .nullable(),
});
export type KeptPresentation = z.output<typeof KeptPresentation>;

/** What a reader has drawn on the images of a case, and how he looked at them. Each measurement and each series once. */
export const Markup = z.strictObject({
  measurements: z
    .array(KeptMeasurement)
    .max(500)
    .refine((all) => new Set(all.map(({ trackingUid }) => trackingUid)).size === all.length, "each once"),
  presentations: z
    .array(KeptPresentation)
    .max(200)
    .refine((all) => new Set(all.map(({ image }) => image.seriesInstanceUid)).size === all.length, "each series once"),
});
export type Markup = z.output<typeof Markup>;

export const emptyMarkup: Markup = { measurements: [], presentations: [] };

/**
 * What two windows of one reader have drawn, as one: everything that either has, each as it was changed last. Nothing
 * is lost; what one window removed while the other kept it comes back.
 */
export function mergedMarkup(mine: Markup, other: Markup): Markup {
  const measurements = new Map(other.measurements.map((each) => [each.trackingUid, each]));
  for (const each of mine.measurements) {
    const theirs = measurements.get(each.trackingUid);
    if (!theirs || theirs.at <= each.at) measurements.set(each.trackingUid, each);
  }
  const presentations = new Map(
    [...other.presentations, ...mine.presentations].map((each) => [each.image.seriesInstanceUid, each]),
  );
  return { measurements: [...measurements.values()], presentations: [...presentations.values()] };
}

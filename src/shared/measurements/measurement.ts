import { z } from "zod";
import { isUid } from "../dicom/uids.ts";
import { removeHiddenCharacters } from "../hidden-characters.ts";
import { measurementKinds, shapeOf } from "./kinds.ts";

const Uid = z.string().refine((value) => isUid(value), "a UID");
const line = (most: number) => z.string().max(most).overwrite(removeHiddenCharacters);
const finite = z.number().min(-1e9).max(1e9);

/** A code (PS3.3 §8.8): value, coding scheme, meaning. */
export const Code = z.strictObject({
  value: z.string().min(1).max(64),
  scheme: z.string().min(1).max(16),
  meaning: line(64),
});
export type Code = z.output<typeof Code>;

/** One frame of one instance. `frameNumber` starts at 1. */
export const MeasuredImage = z.strictObject({
  studyInstanceUid: Uid,
  seriesInstanceUid: Uid,
  sopInstanceUid: Uid,
  sopClassUid: Uid,
  frameNumber: z.int().min(1).max(1_000_000),
});
export type MeasuredImage = z.output<typeof MeasuredImage>;

/**
 * A value, as TID 1419 says it: what was measured, the number, its unit in UCUM. `reason` says in words why there is no
 * number, or why the number is not what a reader would take it for: pixels, for want of a scale; millimetres at the
 * detector.
 */
export const MeasuredValue = z.strictObject({
  quantity: Code,
  value: finite.nullable(),
  unit: Code,
  reason: line(200).nullable(),
});
export type MeasuredValue = z.output<typeof MeasuredValue>;

/** `[column, row]`; 0, 0 is the outer corner of the first pixel, its centre 0.5, 0.5 (PS3.3 §C.18.6.1.2). */
const ImagePoint = z.tuple([finite, finite]);
export type ImagePoint = z.output<typeof ImagePoint>;
/** x to the left, y to the back, z to the head; millimetres. */
const PatientPoint = z.tuple([finite, finite, finite]);
export type PatientPoint = z.output<typeof PatientPoint>;

/** Most points of one drawing. */
const mostPoints = 20_000;

/**
 * Where a measurement lies. On an image as it was acquired: in the image's own coordinates, which exist without a
 * position in the patient too. On a reformatted plane: in the patient, with the plane it was drawn on.
 */
const Where = z.discriminatedUnion("space", [
  z.strictObject({
    space: z.literal("image"),
    image: MeasuredImage,
    frameOfReferenceUid: Uid.nullable(),
    points: z.array(ImagePoint).min(1).max(mostPoints),
  }),
  z.strictObject({
    space: z.literal("patient"),
    frameOfReferenceUid: Uid,
    /** Of the plane it was drawn on; length 1. */
    normal: PatientPoint,
    /** The series that was reformatted: one of its images, for its study and its class. */
    source: MeasuredImage,
    points: z.array(PatientPoint).min(1).max(mostPoints),
  }),
]);
export type Where = z.output<typeof Where>;

/**
 * A measurement, whatever drew it and wherever it is kept. The order of the points is that of its kind, see
 * `kinds.ts`; the first entry of `values` is the one that stands at the drawing.
 */
export const KeptMeasurement = z
  .strictObject({
    /** Tracking Unique Identifier (112040, DCM): the same wherever this measurement is kept. */
    trackingUid: Uid,
    kind: z.enum(measurementKinds),
    where: Where,
    /** Of `freehand` and `polyline`: the last point joins the first. */
    closed: z.boolean(),
    values: z.array(MeasuredValue).max(20),
    /** The reader's own words at the drawing. */
    label: line(200),
    finding: Code.nullable(),
    site: Code.nullable(),
    /** Name of who measured; empty until the server has said it. */
    author: line(200),
    /** ISO 8601, UTC: when it was last changed. */
    at: z.iso.datetime(),
  })
  .refine(({ kind, where }) => {
    const { least, most } = shapeOf(kind);
    return where.points.length >= least && where.points.length <= most;
  }, "as many points as its kind has");
export type KeptMeasurement = z.output<typeof KeptMeasurement>;

/** Tracking Identifier (112039, DCM): the name that other viewers restore a drawing of its kind by. */
export function trackingIdentifier({ kind }: Pick<KeptMeasurement, "kind">): string {
  return `Cornerstone3DTools@^0.1.0:${shapeOf(kind).tool}`;
}

/** The image that a measurement belongs to: the one it lies on, or one of the series it was reformatted from. */
export function imageOf({ where }: Pick<KeptMeasurement, "where">): MeasuredImage {
  return where.space === "image" ? where.image : where.source;
}

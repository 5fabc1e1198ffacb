import { type Attributes, items, number, numbers, text } from "@overread/shared/dicom/attributes";
import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { Tag } from "@overread/shared/dicom/tags";
import type { KeptPresentation } from "@overread/shared/measurements/markup";
import type { KeptMeasurement } from "@overread/shared/measurements/measurement";
import type { ImageReference } from "#server/domain/imaging/index.ts";
import type { SignedVersionRow } from "#server/domain/reporting/index.ts";
import type { InstanceReference } from "./instance-reference.ts";

/** What a presentation has to know of an image's pixels (PS3.3 C.7.6.3, C.11.1). */
export type MarkedImage = InstanceReference & {
  numberOfFrames: number;
  rows: number;
  columns: number;
  /** The largest stored value is black. */
  inverse: boolean;
  /** Millimetres by rows and columns; null where the image names none for the patient. */
  pixelSpacing: [number, number] | null;
  /** The window that it opens with; null where it names none. */
  window: { center: string; width: string } | null;
  /** `colour`: no grayscale presentation applies. `table`: a modality LUT, which would have to be copied. */
  values: { slope: string; intercept: string; type: string } | "stored" | "table" | "colour";
};

/** What its reader drew on the images of a study, and how he looked at them, as signed. */
export type SignedMarkup = {
  measurements: KeptMeasurement[];
  presentations: KeptPresentation[];
  /** Every image of the study that was drawn on or is a key image. */
  images: MarkedImage[];
};

/** Of a final version: an addendum changes nothing of it, and a preliminary one is followed by the final. */
export function signedMarkup(
  { kind, markup }: Pick<SignedVersionRow, "kind" | "markup">,
  images: readonly ImageReference[],
  marked: ReadonlyMap<string, DicomJson>,
): SignedMarkup {
  if (kind !== "final") return { measurements: [], presentations: [], images: [] };
  return {
    ...markup,
    images: images.flatMap((image) => {
      const attributes = marked.get(image.sopInstanceUid);
      return attributes ? [markedImage(image, attributes)] : [];
    }),
  };
}

function markedImage(image: ImageReference, instance: Attributes): MarkedImage {
  const rows = number(instance, Tag.Rows) ?? 0;
  const columns = number(instance, Tag.Columns) ?? 0;
  const [shared] = items(instance, Tag.SharedFunctionalGroupsSequence);
  const [measures] = shared ? items(shared, Tag.PixelMeasuresSequence) : [];
  const [vertical, horizontal] = numbers(measures ?? instance, Tag.PixelSpacing);
  const [voi] = shared ? items(shared, Tag.FrameVOILUTSequence) : [];
  const [center] = numbers(voi ?? instance, Tag.WindowCenter);
  const [width] = numbers(voi ?? instance, Tag.WindowWidth);
  return {
    ...image,
    rows,
    columns,
    inverse:
      text(instance, Tag.PhotometricInterpretation) === "MONOCHROME1" ||
      text(instance, Tag.PresentationLUTShape) === "INVERSE",
    pixelSpacing: vertical && horizontal ? [vertical, horizontal] : null,
    window:
      center !== undefined && width !== undefined && width > 0
        ? { center: String(center), width: String(width) }
        : null,
    values: valuesOf(instance, shared),
  };
}

/** Rescaling that differs from frame to frame cannot be said in one state, and is treated as a table. */
function valuesOf(instance: Attributes, shared: Attributes | undefined): MarkedImage["values"] {
  const isGrey = (number(instance, Tag.SamplesPerPixel) ?? 1) === 1;
  if (!isGrey || text(instance, Tag.PhotometricInterpretation) === "PALETTE COLOR") return "colour";
  if (items(instance, Tag.ModalityLUTSequence).length > 0) return "table";
  const frames = items(instance, Tag.PerFrameFunctionalGroupsSequence);
  if (frames.some((frame) => items(frame, Tag.PixelValueTransformationSequence).length > 0)) return "table";
  const [transformation] = shared ? items(shared, Tag.PixelValueTransformationSequence) : [];
  const from = transformation ?? instance;
  const [slope, intercept] = [number(from, Tag.RescaleSlope), number(from, Tag.RescaleIntercept)];
  if (slope === null || intercept === null) return "stored";
  return { slope: String(slope), intercept: String(intercept), type: text(from, Tag.RescaleType) ?? "US" };
}

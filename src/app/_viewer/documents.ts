import { type Attributes, items, number, text } from "@overread/shared/dicom/attributes";
import { codeMeaning, type DocumentLine, reportLines } from "@overread/shared/dicom/report-lines";
import { hasContentTree, SOP } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";
import { type ReportedMeasurement, reportedMeasurements } from "@overread/shared/measurements/from-report";
import type { ImagePointer } from "./types.ts";

/** The displayable content of an object without images. */
export type DocumentContent =
  | { kind: "pdf" }
  | { kind: "text"; lines: DocumentLine[]; measurements: ReportedMeasurement[] }
  | { kind: "images"; lines: DocumentLine[]; images: ImagePointer[] }
  /** Nothing that can be shown here. */
  | { kind: "other" };

/** The kind and text of a non-image instance. */
export function documentContent(instance: Attributes): DocumentContent {
  const sopClassUid = text(instance, Tag.SOPClassUID) ?? "";
  if (sopClassUid === SOP.encapsulatedPdf) return { kind: "pdf" };
  if (sopClassUid === SOP.keyObjectSelection)
    return {
      kind: "images",
      lines: [
        { depth: 0, heading: "Why", value: codeMeaning(instance, Tag.ConceptNameCodeSequence) },
        ...reportLines(instance).lines,
      ],
      images: referencedImages(instance),
    };
  if (hasContentTree(sopClassUid))
    return { kind: "text", lines: reportLines(instance).lines, measurements: reportedMeasurements(instance) };
  return { kind: "other" };
}

/** The document's title, or else the name of its kind. */
export function documentTitle(instance: Attributes): string | null {
  return (
    text(instance, Tag.DocumentTitle) ??
    text(instance, Tag.SeriesDescription) ??
    codeMeaning(instance, Tag.ConceptNameCodeSequence)
  );
}

/** The image that a measurement of a report lies on; null where it names none that its evidence knows. */
export function imageOfMeasurement(
  instance: Attributes,
  { places: [place] }: ReportedMeasurement,
): ImagePointer | null {
  const seriesInstanceUid = place && evidenceOf(instance).get(place.sopInstanceUid);
  return place && seriesInstanceUid
    ? { sopInstanceUid: place.sopInstanceUid, seriesInstanceUid, frameNumber: place.frameNumber }
    : null;
}

/** The series of each object that a document refers to (PS3.3 §C.17.2.3). */
function evidenceOf(instance: Attributes): Map<string, string> {
  const seriesOf = new Map<string, string>();
  for (const study of items(instance, Tag.CurrentRequestedProcedureEvidenceSequence))
    for (const series of items(study, Tag.ReferencedSeriesSequence))
      for (const reference of items(series, Tag.ReferencedSOPSequence)) {
        const uid = text(reference, Tag.ReferencedSOPInstanceUID);
        const seriesUid = text(series, Tag.SeriesInstanceUID);
        if (uid && seriesUid) seriesOf.set(uid, seriesUid);
      }
  return seriesOf;
}

/**
 * The images that a key object selection refers to, in its order (PS3.3 §C.17.6.2: the evidence gives their series).
 */
function referencedImages(instance: Attributes): ImagePointer[] {
  const seriesOf = evidenceOf(instance);
  return items(instance, Tag.ContentSequence).flatMap((item) => {
    if (text(item, Tag.ValueType) !== "IMAGE") return [];
    return items(item, Tag.ReferencedSOPSequence).flatMap((reference) => {
      const sopInstanceUid = text(reference, Tag.ReferencedSOPInstanceUID);
      const seriesInstanceUid = sopInstanceUid ? seriesOf.get(sopInstanceUid) : undefined;
      return sopInstanceUid && seriesInstanceUid
        ? [{ sopInstanceUid, seriesInstanceUid, frameNumber: number(reference, Tag.ReferencedFrameNumber) ?? 1 }]
        : [];
    });
  });
}

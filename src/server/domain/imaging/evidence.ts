import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { DomainError } from "@overread/shared/errors";
import type { SqlCtx } from "#server/context.ts";
import { addedSources, documentSource } from "./own-documents.ts";

/** An image as a report refers to it (SOP Instance Reference, PS3.3 C.17.2.1). */
export type ImageReference = {
  seriesInstanceUid: string;
  sopInstanceUid: string;
  sopClassUid: string;
  numberOfFrames: number;
};

/**
 * The images of a study that existed at a moment, in reading order: what a signature at that moment covers. Our own
 * documents are not included.
 *
 * @param at the moment; an image received later is left out.
 */
export async function imagesReceivedBy(
  { tx }: Pick<SqlCtx, "tx">,
  { studyId, at }: { studyId: string; at: Date },
): Promise<ImageReference[]> {
  return tx.$queryRaw<ImageReference[]>`
    SELECT s.series_instance_uid AS "seriesInstanceUid", i.sop_instance_uid AS "sopInstanceUid", i.sop_class_uid AS "sopClassUid",
      i.number_of_frames AS "numberOfFrames"
    FROM instance i JOIN series s ON s.id = i.series_ref
    WHERE i.study_ref = ${studyId}::uuid AND i.status = 'stored' AND i.source <> ${documentSource} AND i.received_at <= ${at}
    ORDER BY s.series_number NULLS LAST, s.id, i.instance_number NULLS LAST, i.id`;
}

/**
 * The attributes of the image that arrived first, without pixel data. Patient and study attributes are always copied
 * from this one, so that every retry gives the same.
 *
 * @throws {DomainError} `instance.not-found` (no image of the study is left)
 */
export async function firstImageMetadata(
  { tx }: Pick<SqlCtx, "tx">,
  { studyId }: { studyId: string },
): Promise<DicomJson> {
  const [row] = await tx.$queryRaw<{ metadata: string }[]>`
    SELECT metadata FROM instance WHERE study_ref = ${studyId}::uuid AND status = 'stored' AND source <> ALL(${addedSources}::text[]) ORDER BY id LIMIT 1`;
  if (!row) throw new DomainError("instance.not-found");
  return JSON.parse(row.metadata) as DicomJson;
}

/** The attributes of images of a study, without pixel data, by SOP Instance UID; without those that are not there any more. */
export async function imageMetadata(
  { tx }: Pick<SqlCtx, "tx">,
  { studyId, sopInstanceUids }: { studyId: string; sopInstanceUids: readonly string[] },
): Promise<Map<string, DicomJson>> {
  if (sopInstanceUids.length === 0) return new Map();
  const rows = await tx.$queryRaw<{ sopInstanceUid: string; metadata: string }[]>`
    SELECT sop_instance_uid AS "sopInstanceUid", metadata FROM instance
    WHERE study_ref = ${studyId}::uuid AND status = 'stored' AND sop_instance_uid = ANY(${[...sopInstanceUids]})`;
  return new Map(rows.map(({ sopInstanceUid, metadata }) => [sopInstanceUid, JSON.parse(metadata) as DicomJson]));
}

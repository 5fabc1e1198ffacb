import type { Ctx } from "#server/context.ts";

export type ImageToMark = {
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopClassUid: string;
  numberOfFrames: number;
  /** It is in the archive, and not set aside. */
  available: boolean;
};

/**
 * Of these images, those that the reader of a case may draw on, by SOP Instance UID: of its study, of those that are
 * read with it, and of its hospital's earlier ones of the same patient, or accepted as such. One that was set aside since is named too.
 */
export async function imagesToMark(
  { tx }: Pick<Ctx, "tx">,
  caseId: string,
  sopInstanceUids: readonly string[],
): Promise<Map<string, ImageToMark>> {
  if (sopInstanceUids.length === 0) return new Map();
  const rows = await tx.$queryRaw<(ImageToMark & { sopInstanceUid: string })[]>`
    WITH own AS (SELECT c.id, c.org_id, c.study_ref FROM reading_case x JOIN reading_case c ON c.id = x.id OR c.read_with_id = x.read_with_id
        WHERE x.id = ${caseId}::uuid),
      studies AS (SELECT org_id, study_ref FROM own UNION SELECT o.org_id, p.study_ref FROM own o JOIN case_prior p ON p.case_id = o.id AND p.org_id = o.org_id
          AND (p.identity = 'agrees' OR p.accepted_at IS NOT NULL))
    SELECT i.sop_instance_uid AS "sopInstanceUid", s.study_instance_uid AS "studyInstanceUid", r.series_instance_uid AS "seriesInstanceUid",
      i.sop_class_uid AS "sopClassUid", i.number_of_frames AS "numberOfFrames", i.status = 'stored' AS available
    FROM studies t JOIN instance i ON i.study_ref = t.study_ref AND i.org_id = t.org_id JOIN series r ON r.id = i.series_ref
      JOIN study s ON s.id = i.study_ref
    WHERE i.sop_instance_uid = ANY(${[...sopInstanceUids]})
    ORDER BY i.status = 'stored'`;
  return new Map(rows.map(({ sopInstanceUid, ...row }) => [sopInstanceUid, row]));
}

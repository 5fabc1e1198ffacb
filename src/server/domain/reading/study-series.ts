import type { Ctx } from "#server/context.ts";
import type { SeriesSummary } from "./shapes.ts";

/**
 * The series of several studies, by study, in the order of their numbers. Only stored instances count, not quarantined
 * ones.
 */
export async function seriesOf({ tx }: Pick<Ctx, "tx">, studyIds: string[]): Promise<Map<string, SeriesSummary[]>> {
  const rows = await tx.$queryRaw<(Omit<SeriesSummary, "facts"> & { studyId: string })[]>`
    SELECT r.study_ref AS "studyId", r.series_instance_uid AS "seriesInstanceUid", r.modality, r.series_number AS "seriesNumber",
      r.series_description AS "seriesDescription", r.number_of_instances AS "numberOfInstances", middle.uid AS "thumbnailSopInstanceUid"
    FROM series r
    LEFT JOIN LATERAL (
      SELECT i.sop_instance_uid AS uid FROM instance i
      WHERE i.series_ref = r.id AND i.status = 'stored' AND i.frame_index IS NOT NULL
      ORDER BY i.instance_number NULLS LAST, i.sop_instance_uid
      OFFSET (SELECT count(*) / 2 FROM instance i WHERE i.series_ref = r.id AND i.status = 'stored' AND i.frame_index IS NOT NULL) LIMIT 1
    ) middle ON true
    WHERE r.study_ref = ANY(${studyIds}::uuid[]) AND r.number_of_instances > 0
    ORDER BY r.series_number NULLS LAST, r.series_instance_uid`;
  const byStudy = new Map<string, SeriesSummary[]>(studyIds.map((id) => [id, []]));
  for (const { studyId, ...summary } of rows) byStudy.get(studyId)?.push(summary);
  return byStudy;
}

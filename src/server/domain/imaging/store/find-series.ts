import { DomainError } from "@overread/shared/errors";
import type { SqlCtx } from "#server/context.ts";
import type { InstanceRecord } from "../instance-record.ts";
import { seriesColumns, seriesJson } from "../prerender.ts";
import { type Columns, columnNames, valueRows } from "../rows.ts";
import type { SeriesRow, StudyRow, VersionRow } from "./rows.ts";

const newSeriesColumns: Columns = [
  ["reader_org_id", "uuid"],
  ["study_ref", "uuid"],
  ["series_instance_uid", "text"],
  ["modality", "text"],
  ["series_number", "int"],
  ["series_description", "text"],
  ["body_part_examined", "text"],
  ["qido_json", "text"],
];

/** The series of the instances, made where they are missing, and the versions that are known under their UIDs. */
export async function findSeries(
  { actor, tx }: SqlCtx,
  instances: InstanceRecord[],
  studies: { rows: Map<string, StudyRow> },
): Promise<{ series: Map<string, SeriesRow>; versions: VersionRow[] }> {
  const firsts = new Map<string, { record: InstanceRecord; study: StudyRow }>();
  for (const record of instances) {
    const study = studies.rows.get(record.studyInstanceUid);
    if (!study) throw new DomainError("internal");
    const key = `${study.id}/${record.seriesInstanceUid}`;
    if (!firsts.has(key)) firsts.set(key, { record, study });
  }
  const refs = [...studies.rows.values()].map(({ id }) => id);
  const uids = [...new Set(instances.map(({ seriesInstanceUid }) => seriesInstanceUid))];
  const sopUids = [...new Set(instances.map(({ sopInstanceUid }) => sopInstanceUid))];
  const [known] = await tx.$queryRaw<[{ series: SeriesRow[]; versions: VersionRow[] }]>`
    SELECT (SELECT coalesce(json_agg(se), '[]') FROM (
        SELECT id, study_ref, series_instance_uid, number_of_instances, qido_json FROM series
        WHERE study_ref = ANY(${refs}::uuid[]) AND series_instance_uid = ANY(${uids}::text[])) se) AS series,
      (SELECT coalesce(json_agg(i), '[]') FROM (
        SELECT id, sop_instance_uid, data_set_sha256, transfer_syntax_uid, status, series_ref FROM instance
        WHERE org_id = ${actor.orgId}::uuid AND sop_instance_uid = ANY(${sopUids}::text[])) i) AS versions`;
  const { versions } = known;
  const keyOf = (row: SeriesRow): string => `${row.study_ref}/${row.series_instance_uid}`;
  const found = new Map(known.series.map((row) => [keyOf(row), row]));
  const missing = [...firsts].filter(([key]) => !found.has(key)).map(([, first]) => first);
  if (missing.length === 0) return { series: found, versions };
  const rows = valueRows(
    newSeriesColumns,
    missing.map(({ record, study }) => {
      const c = seriesColumns(record.dataset);
      const uids = { study: record.studyInstanceUid, series: record.seriesInstanceUid };
      const json = seriesJson(record.dataset, uids, 0);
      return [
        study.reader_org_id,
        study.id,
        record.seriesInstanceUid,
        c.modality,
        c.seriesNumber,
        c.seriesDescription,
        c.bodyPartExamined,
        json,
      ];
    }),
    2,
  );
  const inserted = await tx.$queryRawUnsafe<SeriesRow[]>(
    `INSERT INTO series (org_id, ${columnNames(newSeriesColumns)})
     SELECT $1::uuid, v.* FROM (VALUES ${rows.text}) v
     RETURNING id, study_ref, series_instance_uid, number_of_instances, qido_json`,
    actor.orgId,
    ...rows.values,
  );
  for (const row of inserted) found.set(keyOf(row), row);
  return { series: found, versions };
}

import { DomainError } from "@overread/shared/errors";
import type { SqlCtx } from "#server/context.ts";
import type { ArrivingInstance } from "../instance-record.ts";
import { seriesColumns, seriesJson } from "../prerender.ts";
import { type Columns, columnNames, valueRows } from "../rows.ts";
import { uuidv7 } from "../uuidv7.ts";
import type { SeriesRow, StudyRow, VersionRow } from "./rows.ts";

const newSeriesColumns: Columns = [
  ["id", "uuid"],
  ["reader_org_id", "uuid"],
  ["study_ref", "uuid"],
  ["series_instance_uid", "text"],
  ["modality", "text"],
  ["series_number", "int"],
  ["series_description", "text"],
  ["body_part_examined", "text"],
  ["qido_json", "text"],
];

/** The existing series and SOP Instance UIDs of the instances: read after their studies are locked. */
export type Known = { series: SeriesRow[]; versions: VersionRow[] };

/** Sends its statement at once: behind the one that locks the studies it sees what others have committed. */
export async function findKnown({ actor, tx }: SqlCtx, instances: ArrivingInstance[]): Promise<Known> {
  const studies = [...new Set(instances.map(({ studyInstanceUid }) => studyInstanceUid))];
  const uids = [...new Set(instances.map(({ seriesInstanceUid }) => seriesInstanceUid))];
  const sopUids = [...new Set(instances.map(({ sopInstanceUid }) => sopInstanceUid))];
  const [known] = await tx.$queryRaw<[Known]>`
    SELECT (SELECT coalesce(json_agg(se), '[]') FROM (
        SELECT r.id, r.study_ref, r.series_instance_uid, r.number_of_instances, r.qido_json FROM study s JOIN series r ON r.study_ref = s.id
        WHERE s.org_id = ${actor.orgId}::uuid AND s.study_instance_uid = ANY(${studies}::text[])
          AND r.series_instance_uid = ANY(${uids}::text[])) se) AS series,
      (SELECT coalesce(json_agg(i), '[]') FROM (
        SELECT id, sop_instance_uid, data_set_sha256, transfer_syntax_uid, status, series_ref FROM instance
        WHERE org_id = ${actor.orgId}::uuid AND sop_instance_uid = ANY(${sopUids}::text[])) i) AS versions`;
  return known;
}

/**
 * The series of the instances; inserts of missing ones have been sent when it returns, and `made` resolves when they
 * are done. The studies are locked, so nobody else inserts them.
 */
export function seriesFor(
  { actor, tx }: SqlCtx,
  instances: ArrivingInstance[],
  studies: Map<string, StudyRow>,
  known: SeriesRow[],
): { series: Map<string, SeriesRow>; made: Promise<unknown> } {
  const keyOf = (row: SeriesRow): string => `${row.study_ref}/${row.series_instance_uid}`;
  const series = new Map(known.map((row) => [keyOf(row), row]));
  const missing: { row: SeriesRow; values: unknown[] }[] = [];
  for (const record of instances) {
    const study = studies.get(record.studyInstanceUid);
    if (!study) throw new DomainError("internal");
    if (series.has(`${study.id}/${record.seriesInstanceUid}`)) continue;
    const c = seriesColumns(record.dataset);
    const uids = { study: record.studyInstanceUid, series: record.seriesInstanceUid };
    const row: SeriesRow = {
      id: uuidv7(),
      study_ref: study.id,
      series_instance_uid: record.seriesInstanceUid,
      number_of_instances: 0,
      qido_json: seriesJson(record.dataset, uids, 0),
    };
    series.set(keyOf(row), row);
    const described = [c.modality, c.seriesNumber, c.seriesDescription, c.bodyPartExamined, row.qido_json];
    missing.push({ row, values: [row.id, study.reader_org_id, study.id, record.seriesInstanceUid, ...described] });
  }
  if (missing.length === 0) return { series, made: Promise.resolve() };
  const rows = valueRows(
    newSeriesColumns,
    missing.map(({ values }) => values),
    2,
  );
  const made = tx.$executeRawUnsafe(
    `INSERT INTO series (org_id, ${columnNames(newSeriesColumns)}) SELECT $1::uuid, v.* FROM (VALUES ${rows.text}) v`,
    actor.orgId,
    ...rows.values,
  );
  return { series, made };
}

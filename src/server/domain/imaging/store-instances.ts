import { type DicomJson, numberOf } from "@overread/shared/dicom/dicom-json";
import { DomainError } from "@overread/shared/errors";
import { enqueue } from "#server/jobs/enqueue.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import type { SqlCtx } from "../context.ts";
import { openCase } from "../reading/index.ts";
import type { InstanceRecord, StoredInstance } from "./instance-record.ts";
import { notePatientConflicts } from "./note-patient-conflicts.ts";
import { authorizeStudy } from "./policy.ts";
import { instanceJson, int32, seriesColumns, seriesJson, studyColumns, studyJson } from "./prerender.ts";
import { type Columns, columnNames, valueRows } from "./rows.ts";
import { uuidv7 } from "./uuidv7.ts";

/** Why a version is set aside. */
export const quarantineReasons = {
  /** A version with other bytes came first (rule 2 of reliability.md §4). */
  otherBytes: "same-uid-other-bytes",
  /** The UID is taken by an instance of another study or series. */
  otherPlace: "same-uid-other-series",
} as const;

type StudyRow = {
  id: string;
  study_instance_uid: string;
  patient_ref: string;
  facility_id: string | null;
  reader_org_id: string | null;
  referrer_id: string | null;
  purpose: "read" | "prior";
  completed_at: Date | null;
  modalities: string[];
  body_parts: string[];
  number_of_series: number;
  number_of_instances: number;
  quarantined_instances: number;
  qido_json: string;
};
type SeriesRow = {
  id: string;
  study_ref: string;
  series_instance_uid: string;
  number_of_instances: number;
  qido_json: string;
};
type VersionRow = { id: string; sop_instance_uid: string; data_set_sha256: string; status: string; series_ref: string };

/**
 * Enters received instances into the index. One call is one batch of one sender: it locks the studies concerned in a
 * fixed order, so that parallel associations of one study queue up instead of counting twice.
 *
 * Identical bytes again are a success and change nothing. Other bytes under a known SOP Instance UID are kept and
 * quarantined. The first image of a study opens its case, unless it came as a prior.
 *
 * @returns one result per instance, in order.
 * @throws {DomainError} `study.not-found` when the actor may not add to that hospital's study.
 */
export async function storeInstances(
  ctx: SqlCtx,
  { instances }: { instances: InstanceRecord[] },
): Promise<StoredInstance[]> {
  if (instances.length === 0) return [];
  const studies = await lockStudies(ctx, instances);
  const { series, versions } = await findSeries(ctx, instances, studies);
  const seriesOf = (record: InstanceRecord): SeriesRow =>
    series.get(`${study(record).id}/${record.seriesInstanceUid}`) as SeriesRow;
  const study = (record: InstanceRecord): StudyRow => studies.rows.get(record.studyInstanceUid) as StudyRow;

  const sortedOut = sortOut(versions, instances, (record) => seriesOf(record).id);
  for (const row of studies.rows.values()) {
    const entries = sortedOut.filter(({ record }) => record.studyInstanceUid === row.study_instance_uid);
    await settleStudyRow(
      ctx,
      row,
      entries,
      [...series.values()].filter(({ study_ref }) => study_ref === row.id),
    );
  }
  // The audit chain is one line per hospital and held until commit: it comes last.
  for (const row of studies.rows.values())
    await auditStudy(
      ctx,
      row,
      sortedOut.filter(({ record }) => record.studyInstanceUid === row.study_instance_uid),
    );

  return sortedOut.map(({ record, outcome, instanceId }) => ({
    outcome,
    instanceId,
    studyId: study(record).id,
    studyInstanceUid: record.studyInstanceUid,
    seriesInstanceUid: record.seriesInstanceUid,
    sopInstanceUid: record.sopInstanceUid,
    sopClassUid: record.sopClassUid,
    dataSetSha256: record.dataSetSha256,
  }));
}

async function lockStudies(
  { actor, tx }: SqlCtx,
  instances: InstanceRecord[],
): Promise<{ rows: Map<string, StudyRow> }> {
  const firsts = new Map<string, InstanceRecord>();
  for (const record of instances) if (!firsts.has(record.studyInstanceUid)) firsts.set(record.studyInstanceUid, record);
  const uids = [...firsts.keys()].sort();
  const lock = () => tx.$queryRaw<StudyRow[]>`
    SELECT id, study_instance_uid, patient_ref, facility_id, reader_org_id, referrer_id, purpose::text, completed_at,
      modalities, body_parts, number_of_series, number_of_instances, quarantined_instances, qido_json
    FROM study WHERE org_id = ${actor.orgId}::uuid AND study_instance_uid = ANY(${uids}::text[])
    ORDER BY study_instance_uid FOR UPDATE`;
  let found = await lock();
  const missing = uids.filter((uid) => !found.some((row) => row.study_instance_uid === uid));
  if (missing.length > 0) {
    await insertStudies(
      { actor, tx },
      missing.map((uid) => firsts.get(uid) as InstanceRecord),
    );
    found = await lock();
  }
  for (const row of found) {
    const { facilityId } = firsts.get(row.study_instance_uid) as InstanceRecord;
    authorizeStudy(actor, "study.store", {
      orgId: actor.orgId,
      readerOrgId: row.reader_org_id,
      // Two facilities of one hospital may send parts of one study; whoever holds a token of the hospital may add.
      facilityId: facilityId ?? row.facility_id,
      referrerId: row.referrer_id,
    });
  }
  return { rows: new Map(found.map((row) => [row.study_instance_uid, row])) };
}

const patientColumns: Columns = [
  ["facility_id", "uuid"],
  ["patient_id", "text"],
  ["issuer", "text"],
];
const newStudyColumns: Columns = [
  ["facility_id", "uuid"],
  ["study_instance_uid", "text"],
  ["patient_id", "text"],
  ["issuer", "text"],
  ["patient_name", "text"],
  ["patient_name_search", "text"],
  ["patient_birth_date", "text"],
  ["patient_sex", "text"],
  ["accession_number", "text"],
  ["dicom_study_id", "text"],
  ["study_date", "text"],
  ["study_time", "text"],
  ["study_description", "text"],
  ["referring_physician_name", "text"],
  ["referrer_key", "text"],
  ["requested_priority", "text"],
  ["purpose", `"StudyPurpose"`],
  ["qido_json", "text"],
];

/** The reading group that a facility's images go to: a contract of that facility before one of the whole hospital. */
const readerOf = (facility: string): string => `(SELECT c.reader_org_id FROM contract c
  WHERE c.org_id = $1::uuid AND (c.facility_id IS NULL OR c.facility_id = ${facility})
    AND c.starts_at <= now() AND (c.ends_at IS NULL OR c.ends_at > now())
  ORDER BY c.facility_id NULLS LAST, c.starts_at DESC LIMIT 1)`;

async function insertStudies({ actor, tx }: Pick<SqlCtx, "actor" | "tx">, firsts: InstanceRecord[]): Promise<void> {
  const described = firsts
    .map((record) => ({ record, columns: studyColumns(record.dataset) }))
    .sort((a, b) => (a.columns.patientId < b.columns.patientId ? -1 : 1));
  const patients = valueRows(
    patientColumns,
    described.map(({ record, columns }) => [record.facilityId, columns.patientId, columns.issuer]),
    2,
  );
  await tx.$executeRawUnsafe(
    `INSERT INTO patient (org_id, reader_org_id, patient_id, issuer)
     SELECT DISTINCT ON (v.patient_id, v.issuer) $1::uuid, ${readerOf("v.facility_id")}, v.patient_id, v.issuer
     FROM (VALUES ${patients.text}) v (${columnNames(patientColumns)}) ON CONFLICT DO NOTHING`,
    actor.orgId,
    ...patients.values,
  );
  const rows = valueRows(
    newStudyColumns,
    described.map(({ record, columns: c }) => [
      record.facilityId,
      record.studyInstanceUid,
      c.patientId,
      c.issuer,
      c.patientName,
      c.patientNameSearch,
      c.patientBirthDate,
      c.patientSex,
      c.accessionNumber,
      c.dicomStudyId,
      c.studyDate,
      c.studyTime,
      c.studyDescription,
      c.referringPhysicianName,
      c.referrerKey,
      c.requestedPriority,
      record.purpose ?? "read",
      studyJson(record.dataset, {
        studyInstanceUid: record.studyInstanceUid,
        modalities: [],
        numberOfSeries: 0,
        numberOfInstances: 0,
      }),
    ]),
    2,
  );
  // A study that names no referring physician goes to the one the facility has chosen for that.
  await tx.$executeRawUnsafe(
    `INSERT INTO study (org_id, reader_org_id, facility_id, patient_ref, study_instance_uid, patient_id, issuer_of_patient_id, patient_name,
       patient_name_search, patient_birth_date, patient_sex, accession_number, dicom_study_id, study_date, study_time, study_description,
       referring_physician_name, referrer_id, requested_priority, purpose, modalities, body_parts, qido_json)
     SELECT $1::uuid, ${readerOf("v.facility_id")}, v.facility_id, p.id, v.study_instance_uid, v.patient_id, v.issuer, v.patient_name,
       v.patient_name_search, v.patient_birth_date, v.patient_sex, v.accession_number, v.dicom_study_id, v.study_date, v.study_time,
       v.study_description, v.referring_physician_name,
       CASE WHEN v.referrer_key <> '' THEN referrer_for($1::uuid, v.referrer_key)
            ELSE (SELECT f.default_referrer_id FROM facility f WHERE f.id = v.facility_id) END,
       v.requested_priority, v.purpose, '{}', '{}', v.qido_json
     FROM (VALUES ${rows.text}) v (${columnNames(newStudyColumns)})
     JOIN patient p ON p.org_id = $1::uuid AND p.issuer = v.issuer AND p.patient_id = v.patient_id
     ORDER BY v.study_instance_uid ON CONFLICT DO NOTHING`,
    actor.orgId,
    ...rows.values,
  );
}

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
async function findSeries(
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
        SELECT id, sop_instance_uid, data_set_sha256, status, series_ref FROM instance
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

type SortedOut = {
  record: InstanceRecord;
  outcome: StoredInstance["outcome"];
  isNew: boolean;
  reason: string | null;
  instanceId: string;
};

/** Says of each instance whether it is new, here already, or another version of one that is here. */
function sortOut(
  versions: VersionRow[],
  instances: InstanceRecord[],
  seriesId: (record: InstanceRecord) => string,
): SortedOut[] {
  const known = new Map<string, VersionRow[]>();
  for (const version of versions)
    known.set(version.sop_instance_uid, [...(known.get(version.sop_instance_uid) ?? []), version]);

  const result: SortedOut[] = [];
  for (const record of instances) {
    const others = known.get(record.sopInstanceUid) ?? [];
    const same = others.find(({ data_set_sha256 }) => data_set_sha256 === record.dataSetSha256);
    if (same) {
      // A quarantined version sent again is still quarantined, and still held.
      const outcome = same.status === "stored" ? "duplicate" : "quarantined";
      result.push({ record, outcome, isNew: false, reason: null, instanceId: same.id });
      continue;
    }
    const elsewhere = others.some(({ series_ref }) => series_ref !== seriesId(record));
    const reason = others.length === 0 ? null : elsewhere ? quarantineReasons.otherPlace : quarantineReasons.otherBytes;
    const id = uuidv7();
    result.push({ record, outcome: reason ? "quarantined" : "stored", isNew: true, reason, instanceId: id });
    const status = reason ? "quarantined" : "stored";
    const version: VersionRow = {
      id,
      sop_instance_uid: record.sopInstanceUid,
      data_set_sha256: record.dataSetSha256,
      status,
      series_ref: seriesId(record),
    };
    known.set(record.sopInstanceUid, [...others, version]);
  }
  return result;
}

/**
 * Enters the new instances of one study and brings its counts, prerendered answers, case and follow-up jobs up to date.
 * The row is locked.
 */
async function settleStudyRow(ctx: SqlCtx, row: StudyRow, entries: SortedOut[], series: SeriesRow[]): Promise<void> {
  const { actor, tx, now } = ctx;
  const added = entries.filter(({ isNew }) => isNew);
  const asRead = row.purpose === "prior" && entries.some(({ record }) => record.purpose === "read");
  if (added.length === 0 && !asRead) return;
  const stored = added.filter(({ outcome }) => outcome === "stored");
  const hadImages = row.number_of_instances > 0;
  const purpose = asRead ? "read" : row.purpose;

  // Counts come from what was inserted in this transaction, under the study's lock: exact, and no scan per image.
  const changed = series.flatMap((each) => {
    const here = stored.filter(({ record }) => record.seriesInstanceUid === each.series_instance_uid);
    if (here.length === 0) return [];
    const total = each.number_of_instances + here.length;
    const uids = { study: row.study_instance_uid, series: each.series_instance_uid };
    if (each.number_of_instances === 0) row.number_of_series++;
    return [{ id: each.id, total, json: seriesJson(JSON.parse(each.qido_json) as DicomJson, uids, total) }];
  });
  const columns = stored.map(({ record }) => seriesColumns(record.dataset));
  const union = (before: string[], more: string[]): string[] =>
    [...new Set([...before, ...more])].filter((v) => v !== "");
  const modalities = union(
    row.modalities,
    columns.map(({ modality }) => modality),
  );
  const bodyParts = union(
    row.body_parts,
    columns.map(({ bodyPartExamined }) => bodyPartExamined),
  );
  const numberOfInstances = row.number_of_instances + stored.length;
  const bytes = stored.reduce((sum, { record }) => sum + record.sizeBytes, 0);
  const json = studyJson(JSON.parse(row.qido_json) as DicomJson, {
    studyInstanceUid: row.study_instance_uid,
    modalities,
    numberOfSeries: row.number_of_series,
    numberOfInstances,
  });
  // Documents that the product itself adds to a study that was read do not make it "arriving" again.
  const reopens = actor.kind !== "system" && stored.length > 0 && row.completed_at !== null;
  const facilityId = row.facility_id ?? added[0]?.record.facilityId ?? null;
  const each = <T>(value: (entry: SortedOut) => T): T[] => added.map(value);
  const seriesIds = new Map(series.map(({ id, series_instance_uid }) => [series_instance_uid, id]));
  await tx.$executeRaw`
    WITH entered AS (
      INSERT INTO instance (org_id, reader_org_id, study_ref, id, series_ref, sop_instance_uid, sop_class_uid, transfer_syntax_uid,
        data_set_sha256, object_key, size_bytes, data_set_offset, instance_number, rows, columns, number_of_frames, frame_index,
        metadata, qido_json, status, quarantine_reason, source)
      SELECT ${actor.orgId}::uuid, ${row.reader_org_id}::uuid, ${row.id}::uuid, v.*
      FROM unnest(${each(({ instanceId }) => instanceId)}::uuid[], ${each(({ record }) => seriesIds.get(record.seriesInstanceUid))}::uuid[],
        ${each(({ record }) => record.sopInstanceUid)}::text[], ${each(({ record }) => record.sopClassUid)}::text[],
        ${each(({ record }) => record.transferSyntaxUid)}::text[], ${each(({ record }) => record.dataSetSha256)}::text[],
        ${each(({ record }) => record.objectKey)}::text[], ${each(({ record }) => record.sizeBytes)}::bigint[],
        ${each(({ record }) => record.dataSetOffset)}::int[], ${each(({ record }) => int32(numberOf(record.dataset, "00200013")))}::int[],
        ${each(({ record }) => int32(numberOf(record.dataset, "00280010")))}::int[],
        ${each(({ record }) => int32(numberOf(record.dataset, "00280011")))}::int[],
        ${each(({ record }) => record.numberOfFrames)}::int[], ${each(({ record }) => record.frameIndex)}::jsonb[],
        ${each(({ record }) => record.metadata)}::text[],
        ${each(({ record }) => instanceJson(record.dataset, record.transferSyntaxUid))}::text[],
        ${each(({ outcome }) => outcome)}::"InstanceStatus"[], ${each(({ reason }) => reason)}::text[],
        ${each(({ record }) => record.source)}::text[]) v
    ), counted AS (
      UPDATE series se SET number_of_instances = v.total, qido_json = v.json
      FROM unnest(${changed.map(({ id }) => id)}::uuid[], ${changed.map(({ total }) => total)}::int[], ${changed.map(({ json }) => json)}::text[]) v (id, total, json)
      WHERE se.id = v.id
    )
    UPDATE study SET modalities = ${modalities}, body_parts = ${bodyParts}, number_of_series = ${row.number_of_series},
      number_of_instances = ${numberOfInstances}, size_bytes = size_bytes + ${bytes}::bigint,
      quarantined_instances = quarantined_instances + ${added.length - stored.length}::int, qido_json = ${json},
      purpose = ${purpose}::"StudyPurpose", facility_id = ${facilityId}::uuid, last_received_at = now(),
      completed_at = CASE WHEN ${reopens} THEN NULL ELSE completed_at END
    WHERE id = ${row.id}::uuid`;

  await notePatientConflicts(ctx, row, stored);
  const isFirst = !hadImages && stored.length > 0;
  if (purpose === "read" && (isFirst || asRead)) await openCase(ctx, { studyId: row.id });
  if (actor.kind !== "system" && (isFirst || reopens))
    await enqueue(tx, "study.settle", { orgId: actor.orgId, studyId: row.id }, await settleAt(ctx, row, now));
  const orgIds = row.reader_org_id ? [actor.orgId, row.reader_org_id] : [actor.orgId];
  if (isFirst || added.length > stored.length || dueForNews(row.id))
    await publish(tx, { topic: "study.changed", orgIds, studyId: row.id });
}

/** How long to wait for somebody to say that the study is complete. An edge router does; others may not. */
async function settleAt({ actor, tx }: SqlCtx, row: StudyRow, now: Date): Promise<Date> {
  const [facility] = row.facility_id
    ? await tx.$queryRaw<
        { quiet_seconds: number }[]
      >`SELECT quiet_seconds FROM facility WHERE id = ${row.facility_id}::uuid`
    : [];
  const quiet = facility?.quiet_seconds ?? 60;
  const fromEdge = actor.kind === "token" && actor.edgeId !== null;
  return new Date(now.getTime() + (fromEdge ? Math.max(quiet, 600) : quiet) * 1000);
}

const lastNews = new Map<string, number>();
/** Counts on a screen may be a second old: one announcement per study and second. */
function dueForNews(studyId: string): boolean {
  const now = Date.now();
  if (now - (lastNews.get(studyId) ?? 0) < 1000) return false;
  if (lastNews.size > 1000) lastNews.clear();
  lastNews.set(studyId, now);
  return true;
}

async function auditStudy(ctx: SqlCtx, row: StudyRow, entries: SortedOut[]): Promise<void> {
  const added = entries.filter(({ isNew }) => isNew);
  const subject = { orgId: ctx.actor.orgId, patientRef: row.patient_ref, studyRef: row.id };
  for (const { record, reason } of added)
    if (reason)
      await audit(ctx, {
        action: "instance.quarantine",
        ...subject,
        details: { sopInstanceUid: record.sopInstanceUid, dataSetSha256: record.dataSetSha256, reason },
      });
  const stored = added.filter(({ outcome }) => outcome === "stored").length;
  if (stored > 0)
    await audit(ctx, {
      action: "study.receive",
      ...subject,
      details: { stored, repeated: entries.length - added.length, source: entries[0]?.record.source ?? "" },
    });
}

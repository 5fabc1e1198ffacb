import type { SqlCtx } from "#server/context.ts";
import { contractInForce } from "../../contract-in-force.ts";
import { identifies } from "../../patient-identity.ts";
import type { ArrivingInstance } from "../instance-record.ts";
import { authorizeStudy } from "../policy.ts";
import { studyColumns, studyJson } from "../prerender.ts";
import { type Columns, columnNames, valueRows } from "../rows.ts";
import { findKnown, type Known } from "./find-series.ts";
import type { StudyRow } from "./rows.ts";

/**
 * The rows of the studies concerned, inserted where missing, locked in a fixed order, and what exists below them. All
 * statements that do not depend on an answer are sent at once.
 */
export async function lockStudies(
  ctx: SqlCtx,
  instances: ArrivingInstance[],
): Promise<{ rows: Map<string, StudyRow>; known: Known }> {
  const { actor, tx } = ctx;
  const firsts = new Map<string, ArrivingInstance>();
  for (const record of instances) if (!firsts.has(record.studyInstanceUid)) firsts.set(record.studyInstanceUid, record);
  const uids = [...firsts.keys()].sort();
  const lock = () => tx.$queryRaw<StudyRow[]>`
    SELECT id, study_instance_uid, patient_ref, facility_id, reader_org_id, referrer_id, purpose::text, completed_at,
      modalities, body_parts, number_of_series, number_of_instances, quarantined_instances, has_pictures, acquired_modalities, qido_json
    FROM study WHERE org_id = ${actor.orgId}::uuid AND study_instance_uid = ANY(${uids}::text[])
    ORDER BY study_instance_uid FOR UPDATE`;
  // The second statement runs when the first has its locks.
  const look = () => Promise.all([lock(), findKnown(ctx, instances)]);
  let [found, known] = await look();
  const missing = uids.filter((uid) => !found.some((row) => row.study_instance_uid === uid));
  if (missing.length > 0) {
    const inserted = insertStudies(
      { actor, tx },
      missing.map((uid) => firsts.get(uid) as ArrivingInstance),
    );
    [, [found, known]] = await Promise.all([inserted, look()]);
  }
  for (const row of found) {
    const { facilityId } = firsts.get(row.study_instance_uid) as ArrivingInstance;
    authorizeStudy(actor, "study.store", {
      orgId: actor.orgId,
      readerOrgId: row.reader_org_id,
      // An edge router may not add to a study that its facility may not read; a token of the whole hospital may.
      facilityId: row.facility_id ?? facilityId,
      referrerId: row.referrer_id,
    });
  }
  return { rows: new Map(found.map((row) => [row.study_instance_uid, row])), known };
}

const patientColumns: Columns = [
  ["facility_id", "uuid"],
  ["patient_id", "text"],
  ["issuer", "text"],
  ["unidentified_in", "text"],
];
/** A study whose Patient ID identifies nobody gets a patient of its own: such IDs are shared by strangers. */
const unidentifiedIn = (patientId: string, studyInstanceUid: string): string =>
  identifies(patientId) ? "" : studyInstanceUid;

const newStudyColumns: Columns = [
  ["facility_id", "uuid"],
  ["study_instance_uid", "text"],
  ["patient_id", "text"],
  ["issuer", "text"],
  ["unidentified_in", "text"],
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
  ["text_repaired_as", "text"],
  ["qido_json", "text"],
];

/** The reading group of a facility's images. */
const readerOf = (facility: string): string =>
  `(SELECT c.reader_org_id FROM contract c ${contractInForce("$1::uuid", facility)})`;

/** Sends its statements before it waits for the first. */
async function insertStudies({ actor, tx }: Pick<SqlCtx, "actor" | "tx">, firsts: ArrivingInstance[]): Promise<void> {
  const described = firsts
    .map((record) => ({ record, columns: studyColumns(record.dataset) }))
    .sort((a, b) => (a.columns.patientId < b.columns.patientId ? -1 : 1));
  const patients = valueRows(
    patientColumns,
    described.map(({ record, columns }) => [
      record.facilityId,
      columns.patientId,
      columns.issuer,
      unidentifiedIn(columns.patientId, record.studyInstanceUid),
    ]),
    2,
  );
  const patientsMade = tx.$executeRawUnsafe(
    `INSERT INTO patient (org_id, reader_org_id, patient_id, issuer, unidentified_in)
     SELECT DISTINCT ON (v.patient_id, v.issuer, v.unidentified_in) $1::uuid, ${readerOf("v.facility_id")}, v.patient_id, v.issuer, v.unidentified_in
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
      unidentifiedIn(c.patientId, record.studyInstanceUid),
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
      record.textRepairedAs,
      studyJson(record.dataset, {
        studyInstanceUid: record.studyInstanceUid,
        modalities: [],
        numberOfSeries: 0,
        numberOfInstances: 0,
      }),
    ]),
    2,
  );
  // A study that names no referring physician is shared with the facility's default, if there is one.
  const studiesMade = tx.$executeRawUnsafe(
    `INSERT INTO study (org_id, reader_org_id, facility_id, patient_ref, study_instance_uid, patient_id, issuer_of_patient_id, patient_name,
       patient_name_search, patient_birth_date, patient_sex, accession_number, dicom_study_id, study_date, study_time, study_description,
       referring_physician_name, referrer_id, referrer_by_default, requested_priority, purpose, text_repaired_as, modalities, body_parts, qido_json)
     SELECT $1::uuid, ${readerOf("v.facility_id")}, v.facility_id, p.id, v.study_instance_uid, v.patient_id, v.issuer, v.patient_name,
       v.patient_name_search, v.patient_birth_date, v.patient_sex, v.accession_number, v.dicom_study_id, v.study_date, v.study_time,
       v.study_description, v.referring_physician_name,
       CASE WHEN v.referrer_key <> '' THEN referrer_for($1::uuid, v.referrer_key) ELSE chosen.id END,
       v.referrer_key = '' AND chosen.id IS NOT NULL,
       v.requested_priority, v.purpose, v.text_repaired_as, '{}', '{}', v.qido_json
     FROM (VALUES ${rows.text}) v (${columnNames(newStudyColumns)})
     JOIN patient p ON p.org_id = $1::uuid AND p.issuer = v.issuer AND p.patient_id = v.patient_id AND p.unidentified_in = v.unidentified_in
     LEFT JOIN facility f ON f.id = v.facility_id
     LEFT JOIN user_account chosen ON chosen.id = f.default_referrer_id AND chosen.deactivated_at IS NULL
     ORDER BY v.study_instance_uid ON CONFLICT DO NOTHING`,
    actor.orgId,
    ...rows.values,
  );
  await Promise.all([patientsMade, studiesMade]);
}

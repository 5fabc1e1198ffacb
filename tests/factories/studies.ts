import { randomBytes } from "node:crypto";
import { normalisePersonName } from "@overread/shared/dicom/person-name";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { TS } from "@overread/shared/dicom/transfer-syntaxes";
import { newUid } from "@overread/shared/dicom/uids";
import type pg from "pg";
import { withTenant } from "#server/db/with-tenant.ts";
import { arriveCase, attachPriors, openCase, prioritizeCase } from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";

export type StudyWish = {
  /** Slug of the facility it comes from. */
  facility?: string;
  purpose?: "read" | "prior";
  patientId?: string;
  patientName?: string;
  patientBirthDate?: string;
  patientSex?: string;
  studyInstanceUid?: string;
  studyDate?: string;
  studyTime?: string;
  studyDescription?: string;
  accessionNumber?: string;
  modality?: string;
  bodyPart?: string;
  requestedPriority?: string;
  referringPhysicianName?: string;
  referrerId?: string | null;
  instances?: number;
};
export type MadeStudy = {
  studyId: string;
  orgId: string;
  orgSlug: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  sopClassUid: string;
  sopInstanceUids: string[];
  patientId: string;
};

/**
 * Puts the rows of a received study into the index, without objects behind them: for tests of what happens once a
 * study is there. Written as the owner of the tables, past every policy.
 */
export async function makeStudy(owner: pg.Pool, wish: StudyWish = {}): Promise<MadeStudy> {
  const patientId = wish.patientId ?? `P${randomBytes(4).toString("hex")}`;
  const name = wish.patientName ?? "Rivers^Alder";
  const modality = wish.modality ?? "CT";
  const studyInstanceUid = wish.studyInstanceUid ?? newUid();
  const count = wish.instances ?? 2;
  const facility = await one<{ id: string; org_id: string; slug: string }>(
    owner,
    "SELECT f.id, f.org_id, o.slug FROM facility f JOIN organization o ON o.id = f.org_id WHERE f.slug = $1",
    [wish.facility ?? "lakeside-main"],
  );
  const reader = (
    await owner.query<{ reader_org_id: string }>(
      "SELECT reader_org_id FROM contract WHERE org_id = $1 AND (facility_id IS NULL OR facility_id = $2) AND (ends_at IS NULL OR ends_at > now()) LIMIT 1",
      [facility.org_id, facility.id],
    )
  ).rows[0]?.reader_org_id;
  const patient = await one<{ id: string }>(
    owner,
    `INSERT INTO patient (org_id, reader_org_id, patient_id) VALUES ($1, $2, $3)
     ON CONFLICT (org_id, issuer, patient_id, unidentified_in) DO UPDATE SET patient_id = excluded.patient_id RETURNING id`,
    [facility.org_id, reader ?? null, patientId],
  );
  const study = await one<{ id: string }>(
    owner,
    `INSERT INTO study (org_id, reader_org_id, facility_id, patient_ref, study_instance_uid, patient_id, patient_name, patient_name_search,
       patient_birth_date, patient_sex, accession_number, study_date, study_time, study_description, referring_physician_name, referrer_id,
       requested_priority, modalities, body_parts, number_of_series, number_of_instances, purpose, has_pictures, acquired_modalities)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 1, $20, $21::"StudyPurpose", true, $18) RETURNING id`,
    [
      facility.org_id,
      reader ?? null,
      facility.id,
      patient.id,
      studyInstanceUid,
      patientId,
      name,
      normalisePersonName(name, true),
      wish.patientBirthDate ?? "19690412",
      wish.patientSex ?? "F",
      wish.accessionNumber ?? `A${randomBytes(4).toString("hex")}`,
      wish.studyDate ?? "20261120",
      wish.studyTime ?? "101500",
      wish.studyDescription ?? "CT CHEST",
      wish.referringPhysicianName ?? "",
      wish.referrerId ?? null,
      wish.requestedPriority ?? "",
      [modality],
      [wish.bodyPart ?? "CHEST"],
      count,
      wish.purpose ?? "read",
    ],
  );
  const seriesInstanceUid = newUid();
  const series = await one<{ id: string }>(
    owner,
    `INSERT INTO series (org_id, reader_org_id, study_ref, series_instance_uid, modality, series_number, series_description, number_of_instances)
     VALUES ($1, $2, $3, $4, $5, 1, 'Axial', $6) RETURNING id`,
    [facility.org_id, reader ?? null, study.id, seriesInstanceUid, modality, count],
  );
  const sopClassUid = modality === "MR" ? SOP.mr : SOP.ct;
  const sopInstanceUids: string[] = [];
  for (let n = 1; n <= count; n++) {
    const sopInstanceUid = newUid();
    sopInstanceUids.push(sopInstanceUid);
    await owner.query(
      `INSERT INTO instance (org_id, reader_org_id, study_ref, series_ref, sop_instance_uid, sop_class_uid, transfer_syntax_uid, data_set_sha256,
         object_key, size_bytes, data_set_offset, instance_number, rows, columns, frame_index, metadata)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1000, 300, $10, 8, 8, '{}', '{}')`,
      [
        facility.org_id,
        reader ?? null,
        study.id,
        series.id,
        sopInstanceUid,
        sopClassUid,
        TS.explicitLittleEndian,
        randomBytes(32).toString("hex"),
        `objects/test/${sopInstanceUid}`,
        n,
      ],
    );
  }
  return {
    studyId: study.id,
    orgId: facility.org_id,
    orgSlug: facility.slug,
    studyInstanceUid,
    seriesInstanceUid,
    sopClassUid,
    sopInstanceUids,
    patientId,
  };
}

/** A study of which the first images came: its case is `arriving`. */
export async function makeArrivingCase(owner: pg.Pool, wish: StudyWish = {}): Promise<MadeStudy & { caseId: string }> {
  const study = await makeStudy(owner, wish);
  const caseId = await withTenant(systemActor(study.orgId, "test"), (ctx) => openCase(ctx, study));
  if (!caseId) throw new Error("no contract is in force for this facility");
  return { ...study, caseId };
}

/** A complete study waiting to be read; its jobs have run. */
export async function makeUnreadCase(owner: pg.Pool, wish: StudyWish = {}): Promise<MadeStudy & { caseId: string }> {
  const made = await makeArrivingCase(owner, wish);
  const system = systemActor(made.orgId, "test");
  await withTenant(system, (ctx) => arriveCase(ctx, made));
  await withTenant(system, (ctx) => prioritizeCase(ctx, made));
  await withTenant(system, (ctx) => attachPriors(ctx, made));
  return made;
}

/**
 * As many more cases like this one, of patients of their own, in one statement each: for queues. Every row is copied whole.
 *
 * @param modality of all of them.
 */
export async function copyUnreadCase(
  owner: pg.Pool,
  caseId: string,
  { count, modality }: { count: number; modality: string },
): Promise<string[]> {
  const { rows } = await owner.query<{ id: string }>(
    `WITH plan AS MATERIALIZED (SELECT n, uuidv7() AS study, uuidv7() AS patient, uuidv7() AS kase FROM generate_series(1, $2::int) n),
     patients AS (INSERT INTO patient SELECT (jsonb_populate_record(p, jsonb_build_object('id', plan.patient, 'patient_id', 'Q' || left(plan.patient::text, 18) || n))).*
       FROM plan, reading_case c JOIN study s ON s.id = c.study_ref JOIN patient p ON p.id = s.patient_ref WHERE c.id = $1),
     studies AS (INSERT INTO study SELECT (jsonb_populate_record(s, jsonb_build_object('id', plan.study, 'patient_ref', plan.patient,
         'patient_id', 'Q' || left(plan.patient::text, 18) || n, 'study_instance_uid', '2.25.' || (extract(epoch FROM clock_timestamp()) * 1000000)::bigint || n,
         'modalities', jsonb_build_array($3::text), 'acquired_modalities', jsonb_build_array($3::text)))).*
       FROM plan, reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = $1)
     INSERT INTO reading_case SELECT (jsonb_populate_record(c, jsonb_build_object('id', plan.kase, 'study_ref', plan.study,
         'due_at', c.due_at + n * interval '1 second'))).* FROM plan, reading_case c WHERE c.id = $1 RETURNING id`,
    [caseId, count, modality],
  );
  return rows.map(({ id }) => id);
}

/** Lets the lease of a case's claim have ended a second ago, as if the reader had been frozen. */
export async function lapseClaim(owner: pg.Pool, caseId: string): Promise<void> {
  await owner.query("UPDATE reading_case SET claimed_until = clock_timestamp() - interval '1 second' WHERE id = $1", [
    caseId,
  ]);
}

async function one<T extends pg.QueryResultRow>(owner: pg.Pool, sql: string, values: unknown[]): Promise<T> {
  const { rows } = await owner.query<T>(sql, values);
  if (!rows[0]) throw new Error("the database answered no row");
  return rows[0];
}

/** As if the case had arrived so much earlier: its clock began then. @param ago an interval of Postgres, e.g. `2 hours`. */
export async function arrivedEarlier(owner: pg.Pool, caseId: string, ago: string): Promise<void> {
  await owner.query(
    `UPDATE reading_case SET unread_at = unread_at - $2::interval, promised_from = promised_from - $2::interval,
       promised_at = promised_at - $2::interval, due_at = due_at - $2::interval WHERE id = $1`,
    [caseId, ago],
  );
}

/** As if its clock stood still since so much earlier. */
export async function stoppedEarlier(owner: pg.Pool, caseId: string, ago: string): Promise<void> {
  await owner.query(
    "UPDATE case_clock_stop SET from_at = from_at - $2::interval WHERE case_id = $1 AND until_at IS NULL",
    [caseId, ago],
  );
}

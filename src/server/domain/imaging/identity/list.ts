import { formatPersonName } from "@overread/shared/dicom/person-name";
import type { Ctx } from "#server/context.ts";
import { audit } from "../../audit/index.ts";
import type { PatientConflict } from "../../patient-conflicts.ts";
import { identityPolicy } from "./policy.ts";

/** A study's patient attributes, for a side-by-side comparison. */
type Side = {
  studyId: string;
  studyInstanceUid: string;
  studyDate: string;
  studyDescription: string;
  patientName: string;
  patientBirthDate: string;
  patientSex: string;
};
/**
 * One conflict to resolve. `other` is null where images of a single study contradict each other; `unidentified`: the ID
 * identifies nobody.
 */
export type IdentityTask = {
  kind: "images" | "studies" | "unidentified";
  patientId: string;
  differ: PatientConflict[];
  study: Side;
  other: Side | null;
};

const mostTasks = 200;

/**
 * Identity conflicts in the caller's hospital: studies whose images name different people, studies under one patient ID
 * that do, and unread studies whose ID identifies nobody. Newest first, at most 200.
 *
 * @throws {DomainError} `auth.forbidden`
 */
export async function listIdentityTasks(ctx: Ctx): Promise<{ items: IdentityTask[] }> {
  const { actor, tx } = ctx;
  identityPolicy.authorize(actor, "identity.clear", null);
  const facilities = actor.kind === "user" ? actor.facilityIds : [];
  type Row = Omit<IdentityTask, "study" | "other"> & { study: Side; other: Side | null };
  const rows = await tx.$queryRaw<Row[]>`
    WITH task AS (
      SELECT 'images' AS kind, s.id AS study, NULL::uuid AS other, s.patient_conflicts AS differ
        FROM study s WHERE s.org_id = ${actor.orgId}::uuid AND cardinality(s.patient_conflicts) > 0
      UNION ALL
      SELECT 'studies', c.study_ref, p.study_ref, p.differ
        FROM case_prior p JOIN reading_case c ON c.id = p.case_id WHERE p.org_id = ${actor.orgId}::uuid AND p.identity = 'conflict'
      UNION ALL
      SELECT 'unidentified', s.id, NULL, '{}'
        FROM reading_case c JOIN study s ON s.id = c.study_ref JOIN patient pt ON pt.id = s.patient_ref
        WHERE c.org_id = ${actor.orgId}::uuid AND c.completed_at IS NULL AND pt.unidentified_in <> ''
    ), side AS (
      SELECT s.id, s.patient_id, s.facility_id, s.first_received_at, jsonb_build_object('studyId', s.id, 'studyInstanceUid', s.study_instance_uid, 'studyDate', s.study_date,
        'studyDescription', s.study_description, 'patientName', s.patient_name, 'patientBirthDate', s.patient_birth_date, 'patientSex', s.patient_sex) AS json
      FROM study s WHERE s.id IN (SELECT study FROM task UNION SELECT other FROM task)
    )
    SELECT t.kind, a.patient_id AS "patientId", t.differ, a.json AS study, b.json AS other
    FROM task t JOIN side a ON a.id = t.study LEFT JOIN side b ON b.id = t.other
    WHERE ${facilities.length === 0} OR a.facility_id = ANY(${facilities}::uuid[])
    ORDER BY a.first_received_at DESC LIMIT ${mostTasks}`;
  await audit(ctx, { action: "identity.list", details: { count: rows.length } });
  const named = (side: Side): Side => ({ ...side, patientName: formatPersonName(side.patientName) });
  return { items: rows.map((row) => ({ ...row, study: named(row.study), other: row.other && named(row.other) })) };
}

import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import type { SqlCtx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { patientConflicts } from "../patient-conflicts.ts";

/**
 * Flags a study whose images name different patients: two were mixed up at the modality, or one Study Instance UID was
 * used twice. The images are stored unchanged, since the archive cannot know which are right; whoever opens the case is
 * warned, and the hospital's audit trail gets one event for each attribute that differs.
 *
 * @param study its row, locked; `qido_json` holds the first image's attributes.
 * @param added the images that join it.
 */
export async function notePatientConflicts(
  { actor, tx, requestId }: SqlCtx,
  study: { id: string; patient_ref: string; reader_org_id: string | null; qido_json: string },
  added: { record: { dataset: DicomJson } }[],
): Promise<void> {
  const known = JSON.parse(study.qido_json) as DicomJson;
  const found = [...new Set(added.flatMap(({ record }) => patientConflicts(known, record.dataset)))];
  if (found.length === 0) return;
  const [flagged] = await tx.$queryRaw<{ conflicts: string[]; orgId: string; caseId: string | null }[]>`
    UPDATE study SET patient_conflicts = ARRAY(SELECT DISTINCT unnest(patient_conflicts || ${found}::text[]) ORDER BY 1 DESC)
    WHERE id = ${study.id}::uuid AND NOT patient_conflicts @> ${found}::text[]
    RETURNING patient_conflicts AS conflicts, org_id AS "orgId", (SELECT id FROM reading_case c WHERE c.study_ref = study.id) AS "caseId"`;
  if (!flagged) return;
  const { conflicts, orgId, caseId } = flagged;
  await audit(
    { actor, tx, requestId },
    {
      action: "study.patient-conflict",
      orgId,
      patientRef: study.patient_ref,
      studyRef: study.id,
      caseId,
      details: { differ: conflicts.join(" ") },
    },
  );
  const orgIds = study.reader_org_id ? [orgId, study.reader_org_id] : [orgId];
  await publish(tx, {
    topic: caseId ? "case.changed" : "study.changed",
    orgIds,
    ...(caseId ? { caseId } : {}),
    studyId: study.id,
  });
}

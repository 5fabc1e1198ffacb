import { DomainError } from "@overread/shared/errors";
import type { SqlCtx } from "#server/context.ts";
import type { Study } from "#server/db/generated/client.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { publish } from "#server/live/publish.ts";
import { audit } from "../audit/index.ts";
import { contractTerms, minutesToRead } from "./contract-terms.ts";
import { casePolicy } from "./policy.ts";
import { priorityClass } from "./priority-class.ts";
import { scorePriority } from "./priority-score.ts";

type OpenedStudy = Pick<
  Study,
  | "orgId"
  | "readerOrgId"
  | "facilityId"
  | "referrerId"
  | "patientRef"
  | "purpose"
  | "hasPictures"
  | "requestedPriority"
  | "studyDate"
  | "studyDescription"
  | "patientBirthDate"
  | "modalities"
  | "bodyParts"
>;

/**
 * Puts a study that begins to arrive on the worklist of the group that reads for the hospital, as `arriving`. Called
 * with the first image of a study sent to be read, and safe to call with every other.
 *
 * @returns the case, or null when no contract is in force or the study holds no picture: then it is archived and nobody is asked to
 *   read it.
 * @throws {DomainError} `study.not-found`
 */
export async function openCase(ctx: SqlCtx, { studyId }: { studyId: string }): Promise<string | null> {
  const { tx } = ctx;
  const asked = tx.$queryRaw<OpenedStudy[]>`
    SELECT org_id AS "orgId", reader_org_id AS "readerOrgId", facility_id AS "facilityId", referrer_id AS "referrerId",
      patient_ref AS "patientRef", purpose::text, has_pictures AS "hasPictures", requested_priority AS "requestedPriority", study_date AS "studyDate",
      study_description AS "studyDescription", patient_birth_date AS "patientBirthDate", modalities, body_parts AS "bodyParts"
    FROM study WHERE id = ${studyId}::uuid`;
  const [[study], existing] = await Promise.all([asked, caseOf(ctx, studyId)]);
  if (!study) throw new DomainError("study.not-found");
  casePolicy.authorize(ctx.actor, "case.open", study);
  if (study.purpose !== "read") return null;
  if (existing) {
    if (study.hasPictures) await reopenWithPictures(ctx, { caseId: existing, studyId, ...study });
    return existing;
  }
  if (!study.hasPictures) return null;

  const terms = await contractTerms(ctx, study);
  if (!terms) return null;
  await shareStudy(ctx, studyId, terms.readerOrgId);
  const priority = priorityClass(study.requestedPriority, study.studyDescription);
  const dueAt = new Date(ctx.now.getTime() + minutesToRead(terms, priority) * 60_000);
  const { score, reasons } = scorePriority(
    { ...study, state: "arriving", priority, dueAt, waitingSince: ctx.now },
    ctx.now,
  );
  // Two images of one study may get here together: the unique study decides, and the second finds nothing to insert.
  const [opened] = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO reading_case (org_id, reader_org_id, facility_id, study_ref, priority, priority_score, priority_reasons, due_at, claim_minutes, updated_at)
    VALUES (${study.orgId}::uuid, ${terms.readerOrgId}::uuid, ${study.facilityId}::uuid, ${studyId}::uuid, ${priority}::"CasePriority",
      ${score}, ${JSON.stringify(reasons)}::jsonb, ${dueAt}, ${terms.claimMinutes}, now())
    ON CONFLICT (study_ref) DO NOTHING RETURNING id`;
  if (!opened) return caseOf(ctx, studyId);
  const caseId = opened.id;
  await audit(ctx, {
    action: "case.move",
    orgId: study.orgId,
    patientRef: study.patientRef,
    studyRef: studyId,
    caseId,
    details: { from: null, to: "arriving" },
  });
  await Promise.all([
    enqueue(tx, "case.attach-priors", { orgId: study.orgId, caseId }),
    publish(tx, { topic: "case.changed", orgIds: [study.orgId, terms.readerOrgId], caseId, studyId }),
  ]);
  return caseId;
}

/** A case that the product itself had closed, because the study held no picture, waits again once there is one. */
async function reopenWithPictures(
  ctx: SqlCtx,
  { caseId, studyId, orgId, patientRef }: { caseId: string; studyId: string; orgId: string; patientRef: string },
): Promise<void> {
  const [reopened] = await ctx.tx.$queryRaw<{ readerOrgId: string }[]>`
    UPDATE reading_case SET state = 'arriving', due_at = due_at + (clock_timestamp() - paused_at), updated_at = clock_timestamp(),
      paused_from = NULL, paused_at = NULL, paused_reason = NULL
    WHERE id = ${caseId}::uuid AND state = 'cancelled' AND paused_by_id IS NULL AND paused_reason = ${withoutPicturesReason}
    RETURNING reader_org_id AS "readerOrgId"`;
  if (!reopened) return;
  const details = { from: "cancelled", to: "arriving" };
  await audit(ctx, { action: "case.move", orgId, patientRef, studyRef: studyId, caseId, details });
  await publish(ctx.tx, { topic: "case.changed", orgIds: [orgId, reopened.readerOrgId], caseId, studyId });
}

/** As the migration of 2026-11-27 wrote it when it closed cases of documents alone. */
const withoutPicturesReason = "No pictures came: there is nothing to read.";

async function caseOf({ tx }: Pick<SqlCtx, "tx">, studyId: string): Promise<string | null> {
  const [found] = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM reading_case WHERE study_ref = ${studyId}::uuid`;
  return found?.id ?? null;
}

/**
 * Lets the reading group see the study, its patient, series and images: their id on each row is what the database's
 * policies go by. Rows that another group already reads stay theirs.
 */
export async function shareStudy({ tx }: Pick<SqlCtx, "tx">, studyId: string, readerOrgId: string): Promise<void> {
  const [shared] = await tx.$queryRaw<{ patientRef: string }[]>`
    UPDATE study SET reader_org_id = ${readerOrgId}::uuid WHERE id = ${studyId}::uuid AND reader_org_id IS NULL
    RETURNING patient_ref AS "patientRef"`;
  if (!shared) return;
  await tx.$executeRaw`UPDATE patient SET reader_org_id = ${readerOrgId}::uuid WHERE id = ${shared.patientRef}::uuid AND reader_org_id IS NULL`;
  await tx.$executeRaw`UPDATE series SET reader_org_id = ${readerOrgId}::uuid WHERE study_ref = ${studyId}::uuid AND reader_org_id IS NULL`;
  await tx.$executeRaw`UPDATE instance SET reader_org_id = ${readerOrgId}::uuid WHERE study_ref = ${studyId}::uuid AND reader_org_id IS NULL`;
}

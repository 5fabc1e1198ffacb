import { DomainError } from "@overread/shared/errors";
import type { SqlCtx } from "#server/context.ts";
import type { Study } from "#server/db/generated/client.ts";
import { audit } from "../audit/index.ts";
import { type ContractTerms, contractTerms } from "./contract-terms.ts";
import { announceCases, moveCases } from "./move-case.ts";
import { casePolicy } from "./policy.ts";
import { priorityClass } from "./priority-class.ts";
import { scorePriority } from "./priority-score.ts";
import { promisedAt } from "./promise.ts";
import { promiseCases } from "./promise-cases.ts";
import { seekPriors } from "./seek-priors.ts";

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
> & { studyId: string; caseId: string | null };

/**
 * Puts a study that begins to arrive on the worklist of the contracted reading group, as `arriving`. Called with the
 * first image of a study sent for reading, and safe to call with every other.
 *
 * @returns the case, or null when no contract is in force or the study has no image: then it is archived and nobody is
 * asked to read it.
 * @throws {DomainError} `study.not-found`
 */
export async function openCase(ctx: SqlCtx, { studyId }: { studyId: string }): Promise<string | null> {
  return (await openCases(ctx, { studyIds: [studyId] })).get(studyId) ?? null;
}

/** {@link openCase} for several studies of one hospital. @returns the cases by study; a study without one is missing. */
export async function openCases(ctx: SqlCtx, { studyIds }: { studyIds: string[] }): Promise<Map<string, string>> {
  const { tx } = ctx;
  const studies = await tx.$queryRaw<OpenedStudy[]>`
    SELECT s.id AS "studyId", s.org_id AS "orgId", s.reader_org_id AS "readerOrgId", s.facility_id AS "facilityId", s.referrer_id AS "referrerId",
      s.patient_ref AS "patientRef", s.purpose::text, s.has_pictures AS "hasPictures", s.requested_priority AS "requestedPriority",
      s.study_date AS "studyDate", s.study_description AS "studyDescription", s.patient_birth_date AS "patientBirthDate", s.modalities,
      s.body_parts AS "bodyParts", (SELECT c.id FROM reading_case c WHERE c.study_ref = s.id) AS "caseId"
    FROM study s WHERE s.id = ANY(${studyIds}::uuid[]) ORDER BY s.id`;
  if (studies.length < new Set(studyIds).size) throw new DomainError("study.not-found");
  for (const study of studies) casePolicy.authorize(ctx.actor, "case.open", study);
  const toRead = studies.filter(({ purpose }) => purpose === "read");
  const known = toRead.flatMap(({ studyId, caseId }) => (caseId ? [[studyId, caseId] as const] : []));
  // A case that the product closed for lack of images is reopened when images arrive.
  const withPictures = toRead.flatMap(({ caseId, hasPictures }) => (caseId && hasPictures ? [caseId] : []));
  await moveCases(ctx, withPictures, "reopen", { reason: withoutPicturesReason });
  const opened = await insertCases(
    ctx,
    toRead.filter(({ caseId, hasPictures }) => !caseId && hasPictures),
  );
  return new Map([...known, ...opened]);
}

/** The reason text that the migration of 2026-11-27 wrote when it closed cases with documents only. */
const withoutPicturesReason = "No pictures came: there is nothing to read.";

async function insertCases(ctx: SqlCtx, studies: OpenedStudy[]): Promise<[studyId: string, caseId: string][]> {
  const { tx, now } = ctx;
  const terms = await termsOf(ctx, studies);
  const toOpen = studies.flatMap((study) => {
    const own = terms.get(study.facilityId);
    // What its orders say is not looked up before it is complete.
    return own
      ? [
          {
            study,
            own,
            priority: priorityClass(study.requestedPriority, study.studyDescription),
            patientClass: "unknown" as const,
          },
        ]
      : [];
  });
  const promises = await promiseCases(
    ctx,
    toOpen.map(({ study, own, ...asked }) => ({ ...asked, studyId: study.studyId, contractId: own.contractId })),
  );
  const rows = toOpen.flatMap(({ study, own, priority }) => {
    const promise = promises.get(study.studyId);
    if (!promise) return [];
    const dueAt = promisedAt(promise);
    const scored = scorePriority({ ...study, state: "arriving", priority, dueAt, waitingSince: now }, now);
    return [
      { study, priority, promise, dueAt, ...scored, readerOrgId: own.readerOrgId, claimMinutes: own.claimMinutes },
    ];
  });
  if (rows.length === 0) return [];
  for (const { study, readerOrgId } of rows) if (!study.readerOrgId) await shareStudy(ctx, study.studyId, readerOrgId);
  const values = rows.map(({ study, readerOrgId, priority, score, reasons, promise, dueAt, claimMinutes }) => ({
    org: study.orgId,
    reader: readerOrgId,
    facility: study.facilityId,
    study: study.studyId,
    priority,
    score,
    reasons,
    due: dueAt,
    level: promise.serviceLevelId,
    line: promise.line,
    promised: promise.minutes,
    since: promise.from,
    minutes: claimMinutes,
  }));
  // Two images of one study may get here together: the unique key on the study decides, and the second inserts nothing.
  const opened = await tx.$queryRaw<{ caseId: string; studyRef: string; orgId: string; readerOrgId: string }[]>`
    INSERT INTO reading_case (org_id, reader_org_id, facility_id, study_ref, priority, priority_score, priority_reasons, due_at, service_level_id, service_level_line,
      promised_minutes, promised_from, promised_at, claim_minutes, updated_at)
    SELECT r.org, r.reader, r.facility, r.study, r.priority::"CasePriority", r.score, r.reasons, r.due, r.level, r.line, r.promised, r.since, r.due, r.minutes, now()
    FROM jsonb_to_recordset(${JSON.stringify(values)}::jsonb) AS r (org uuid, reader uuid, facility uuid, study uuid, priority text, score int,
      reasons jsonb, due timestamptz, level uuid, line int, promised int, since timestamptz, minutes int)
    ON CONFLICT (study_ref) DO NOTHING RETURNING id AS "caseId", study_ref AS "studyRef", org_id AS "orgId", reader_org_id AS "readerOrgId"`;
  const patients = new Map(studies.map(({ studyId, patientRef }) => [studyId, patientRef]));
  for (const { caseId, studyRef, orgId } of opened)
    await audit(ctx, {
      action: "case.move",
      orgId,
      patientRef: patients.get(studyRef) ?? null,
      studyRef,
      caseId,
      details: { from: null, to: "arriving" },
    });
  await Promise.all([
    seekPriors(ctx, { caseIds: opened.map(({ caseId }) => caseId), always: false }),
    announceCases(ctx, opened),
  ]);
  const missed = rows.map(({ study }) => study.studyId).filter((id) => !opened.some(({ studyRef }) => studyRef === id));
  return [...opened, ...(await casesOf(ctx, missed))].map(({ studyRef, caseId }) => [studyRef, caseId]);
}

/** The terms of each facility; studies without a facility use those of the whole hospital. */
export async function termsOf(
  ctx: Pick<SqlCtx, "tx">,
  studies: { orgId: string; facilityId: string | null }[],
): Promise<Map<string | null, ContractTerms | null>> {
  const terms = new Map<string | null, ContractTerms | null>();
  for (const { orgId, facilityId } of studies)
    if (!terms.has(facilityId)) terms.set(facilityId, await contractTerms(ctx, { orgId, facilityId }));
  return terms;
}

async function casesOf(
  { tx }: Pick<SqlCtx, "tx">,
  studyIds: string[],
): Promise<{ caseId: string; studyRef: string }[]> {
  if (studyIds.length === 0) return [];
  return tx.$queryRaw`SELECT id AS "caseId", study_ref AS "studyRef" FROM reading_case WHERE study_ref = ANY(${studyIds}::uuid[])`;
}

/**
 * Lets the reading group see the study, its patient, series and images: the database's policies use the group's id on
 * each row. Rows that another group reads already are unchanged.
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

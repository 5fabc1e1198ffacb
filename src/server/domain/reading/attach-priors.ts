import { DomainError } from "@overread/shared/errors";
import type { Reason } from "@overread/shared/reasons";
import type { SqlCtx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { audit } from "../audit/index.ts";
import { compareIdentity, type Identity } from "../patient-identity.ts";
import { announceCase } from "./move-case.ts";
import { shareStudy } from "./open-case.ts";
import { casePolicy } from "./policy.ts";
import { prepareAhead } from "./prepare-ahead.ts";
import {
  type Acquired,
  asAcquired,
  type ComparedStudy,
  type Dated,
  isEarlier,
  priorRelevance,
} from "./prior-relevance.ts";

/** The most priors attached to a case; further ones are found by searching the archive. */
const mostPriors = 40;
/** The newest studies of a patient that are compared; only an ID shared by many people has more. */
const mostCompared = 500;

type PriorRow = { caseId: string; studyRef: string; relevance: number; identity: string };
type Current = Compared & Dated & ComparedStudy & Acquired & { orgId: string; patientRef: string };
type Earlier = Current & { readerOrgId: string | null };
type CaseOf = { caseId: string; orgId: string; readerOrgId: string; studyRef: string };

/**
 * Finds the patient's earlier studies in the hospital's archive and attaches them to the case by relevance. Computes
 * the whole set anew, so it may run twice or late.
 *
 * Candidates have the same patient ID and issuer at the same hospital. Whether they belong to the same person is
 * compared in addition (`domain/patient-identity.ts`), or was decided by the hospital's staff; a study of doubtful
 * identity is still offered, last and marked, and never compared automatically.
 *
 * @throws {DomainError} `case.not-found`
 */
export async function attachPriors(ctx: SqlCtx, { caseId }: { caseId: string }): Promise<{ attached: number }> {
  const attached = await attachPriorsToMany(ctx, { caseIds: [caseId] });
  return { attached: attached.get(caseId) as number };
}

/** {@link attachPriors} for several cases of one hospital. @returns the number of attached priors by case. */
export async function attachPriorsToMany(
  ctx: SqlCtx,
  { caseIds }: { caseIds: string[] },
): Promise<Map<string, number>> {
  const { tx } = ctx;
  const cases = await tx.$queryRaw<CaseOf[]>`
    SELECT id AS "caseId", org_id AS "orgId", reader_org_id AS "readerOrgId", study_ref AS "studyRef" FROM reading_case
    WHERE id = ANY(${caseIds}::uuid[]) ORDER BY id`;
  if (cases.length < new Set(caseIds).size) throw new DomainError("case.not-found");
  for (const row of cases) casePolicy.authorize(ctx.actor, "case.attach-priors", row);
  const studyIds = cases.map(({ studyRef }) => studyRef);
  const studies = new Map((await currentStudies(ctx, studyIds)).map((study) => [study.id, study]));
  const others = Map.groupBy(await otherStudies(ctx, studyIds), ({ patientRef }) => patientRef);
  const cleared = await clearances(ctx, studyIds);
  const before = Map.groupBy(
    await tx.$queryRaw<PriorRow[]>`
      SELECT case_id AS "caseId", study_ref AS "studyRef", relevance, identity FROM case_prior WHERE case_id = ANY(${caseIds}::uuid[])`,
    ({ caseId }) => caseId,
  );
  const attached = new Map<string, number>();
  for (const row of cases) {
    const current = studies.get(row.studyRef) as Current;
    const earlier = (others.get(current.patientRef) ?? []).filter(({ id }) => id !== current.id);
    const priors = priorsAmong(earlier, current, row.readerOrgId, cleared.get(current.id) ?? new Set());
    await attach(ctx, row, current, priors, before.get(row.caseId) ?? []);
    attached.set(row.caseId, priors.length);
  }
  await prepareAhead(ctx, { caseIds: cases.filter((row) => attached.get(row.caseId)).map(({ caseId }) => caseId) });
  return attached;
}

type Prior = { study: Earlier; relevance: number; reasons: Reason[]; identity: Identity; differ: string[] };

/** The most relevant ones that the group may see; those of another patient last. */
function priorsAmong(earlier: Earlier[], current: Current, readerOrgId: string, cleared: Set<string>): Prior[] {
  return earlier
    .filter((study) => isEarlier(study, current) && (!study.readerOrgId || study.readerOrgId === readerOrgId))
    .map((study) => ({
      study,
      ...priorRelevance(asAcquired(current), asAcquired(study)),
      ...identityOf(cleared, current, study),
    }))
    .sort(
      (a, b) =>
        Number(a.identity === "conflict") - Number(b.identity === "conflict") ||
        b.relevance - a.relevance ||
        b.study.studyDate.localeCompare(a.study.studyDate),
    )
    .slice(0, mostPriors);
}

async function attach(ctx: SqlCtx, row: CaseOf, current: Current, priors: Prior[], before: PriorRow[]): Promise<void> {
  const { tx } = ctx;
  if (priors.length + before.length === 0) return;
  await tx.$executeRaw`DELETE FROM case_prior WHERE case_id = ${row.caseId}::uuid
    AND NOT study_ref = ANY(${priors.map(({ study }) => study.id)}::uuid[])`;
  // The group may compare with studies that it was not contracted to read.
  for (const { study } of priors) if (!study.readerOrgId) await shareStudy(ctx, study.id, row.readerOrgId);
  const values = priors.map(({ study, relevance, reasons, identity, differ }) => ({
    study: study.id,
    relevance,
    reasons,
    identity,
    differ,
  }));
  await tx.$executeRaw`
    INSERT INTO case_prior (case_id, study_ref, org_id, reader_org_id, relevance, reasons, identity, differ)
    SELECT ${row.caseId}::uuid, r.study, ${row.orgId}::uuid, ${row.readerOrgId}::uuid, r.relevance, r.reasons, r.identity, r.differ
    FROM jsonb_to_recordset(${JSON.stringify(values)}::jsonb) AS r (study uuid, relevance int, reasons jsonb, identity text, differ text[])
    ON CONFLICT (case_id, study_ref) DO UPDATE SET relevance = excluded.relevance, reasons = excluded.reasons,
      identity = excluded.identity, differ = excluded.differ`;
  const key = (list: Omit<PriorRow, "caseId">[]) =>
    list
      .map(({ studyRef, relevance, identity }) => `${studyRef}:${relevance}:${identity}`)
      .sort()
      .join();
  if (
    key(before) === key(priors.map(({ study, relevance, identity }) => ({ studyRef: study.id, relevance, identity })))
  )
    return;
  await audit(ctx, {
    action: "case.attach-priors",
    orgId: row.orgId,
    patientRef: current.patientRef,
    studyRef: current.id,
    caseId: row.caseId,
    details: { count: priors.length },
  });
  await announceCase(ctx, row);
}

/** The columns of a study `s` that the comparison needs. */
const compared = Prisma.sql`s.id, s.org_id AS "orgId", s.reader_org_id AS "readerOrgId", s.patient_ref AS "patientRef", s.patient_id AS "patientId",
  s.patient_name AS "patientName", s.patient_birth_date AS "patientBirthDate", s.patient_sex AS "patientSex", s.study_date AS "studyDate",
  s.study_time AS "studyTime", s.first_received_at AS "firstReceivedAt", s.study_description AS "studyDescription", s.modalities,
  s.body_parts AS "bodyParts", s.has_pictures AS "hasPictures", s.acquired_modalities AS "acquiredModalities"`;

function currentStudies({ tx }: Pick<SqlCtx, "tx">, studyIds: string[]): Promise<Current[]> {
  const { text, values } = Prisma.sql`SELECT ${compared} FROM study s WHERE s.id = ANY(${studyIds}::uuid[])`;
  return tx.$queryRawUnsafe(text, ...values);
}

/** The patients' other studies, newest first; each patient is queried once. */
function otherStudies({ tx }: Pick<SqlCtx, "tx">, studyIds: string[]): Promise<Earlier[]> {
  const { text, values } = Prisma.sql`
    SELECT o.* FROM (SELECT DISTINCT patient_ref, org_id FROM study WHERE id = ANY(${studyIds}::uuid[])) p,
      LATERAL (SELECT ${compared} FROM study s WHERE s.patient_ref = p.patient_ref AND s.org_id = p.org_id AND s.number_of_instances > 0
        ORDER BY s.study_date DESC, s.id LIMIT ${mostCompared}) o`;
  return tx.$queryRawUnsafe(text, ...values);
}

/** By study: the studies that the hospital's staff declared to be of the same patient. */
async function clearances({ tx }: Pick<SqlCtx, "tx">, studyIds: string[]): Promise<Map<string, Set<string>>> {
  const rows = await tx.$queryRaw<{ study: string; other: string }[]>`
    SELECT study_ref AS study, other_study_ref AS other FROM identity_clearance WHERE study_ref = ANY(${studyIds}::uuid[])
    UNION ALL SELECT other_study_ref, study_ref FROM identity_clearance WHERE other_study_ref = ANY(${studyIds}::uuid[])`;
  const byStudy = Map.groupBy(rows, ({ study }) => study);
  return new Map([...byStudy].map(([study, own]) => [study, new Set(own.map(({ other }) => other))]));
}

type Compared = Parameters<typeof compareIdentity>[0] & { id: string };
function identityOf(
  cleared: Set<string>,
  current: Compared,
  study: Compared,
): { identity: Identity; differ: string[] } {
  return cleared.has(study.id) ? { identity: "agrees", differ: [] } : compareIdentity(current, study);
}

import type { SqlCtx } from "#server/context.ts";
import type { Study } from "#server/db/generated/client.ts";
import { audit } from "../audit/index.ts";
import { compareIdentity } from "../patient-identity.ts";
import { prepareStudies } from "./prepare-ahead.ts";
import { asAcquired, isEarlier, priorRelevance } from "./prior-relevance.ts";

/** The most studies lent to one claim. */
const mostLent = 20;

type Compared = Pick<
  Study,
  | "patientName"
  | "patientBirthDate"
  | "patientSex"
  | "studyDate"
  | "studyTime"
  | "firstReceivedAt"
  | "studyDescription"
  | "modalities"
  | "bodyParts"
  | "hasPictures"
  | "acquiredModalities"
> & { id: string };
type Borrowed = { studyRef: string; orgId: string; patientRef: string; claimToken: string };

/**
 * Lends to the caller's running claim what other hospitals and groups have of the same person. The database names the
 * candidates and writes the fact, both for the caller's own claim alone and under the terms of both contracts (see
 * migration borrowed_priors): the same ID under the same issuer, birth date and sex. Here the names are compared by the
 * house's rules; only a full agreement counts, and nobody can accept a doubtful one.
 *
 * Without a running claim, or where a contract does not allow it, nothing is lent. May run again: what is lent already
 * stays as it is. Audited in the chain of the hospital that lends, study by study, and in that of the case's.
 */
export async function borrowPriors(
  ctx: SqlCtx,
  { caseId, orgId, studyId, patientRef }: { caseId: string; orgId: string; studyId: string; patientRef: string },
): Promise<{ lent: number }> {
  const { tx } = ctx;
  const candidates = await tx.$queryRaw<Compared[]>`
    SELECT s.id, s.patient_name AS "patientName", s.patient_birth_date AS "patientBirthDate", s.patient_sex AS "patientSex", s.study_date AS "studyDate",
      s.study_time AS "studyTime", s.first_received_at AS "firstReceivedAt", s.study_description AS "studyDescription", s.modalities,
      s.body_parts AS "bodyParts", s.has_pictures AS "hasPictures", s.acquired_modalities AS "acquiredModalities"
    FROM lendable_studies(${caseId}::uuid) s`;
  if (candidates.length === 0) return { lent: 0 };
  const [current] = await tx.$queryRaw<[Compared]>`
    SELECT s.id, s.patient_name AS "patientName", s.patient_birth_date AS "patientBirthDate", s.patient_sex AS "patientSex", s.study_date AS "studyDate",
      s.study_time AS "studyTime", s.first_received_at AS "firstReceivedAt", s.study_description AS "studyDescription", s.modalities,
      s.body_parts AS "bodyParts", s.has_pictures AS "hasPictures", s.acquired_modalities AS "acquiredModalities"
    FROM study s WHERE s.id = ${studyId}::uuid`;
  const wanted = candidates
    .filter((study) => isEarlier(study, current) && compareIdentity(current, study).identity === "agrees")
    .map((study) => ({ study: study.id, ...priorRelevance(asAcquired(current), asAcquired(study)) }))
    .sort((a, b) => b.relevance - a.relevance)
    .slice(0, mostLent);
  if (wanted.length === 0) return { lent: 0 };
  const lent = await tx.$queryRaw<Borrowed[]>`
    SELECT study_ref AS "studyRef", org_id AS "orgId", patient_ref AS "patientRef", claim_token::text AS "claimToken"
    FROM borrow_priors(${caseId}::uuid, ${JSON.stringify(wanted)}::jsonb)`;
  for (const { studyRef, orgId: lender, patientRef: theirs, claimToken } of lent)
    await audit(ctx, {
      action: "study.lend",
      orgId: lender,
      patientRef: theirs,
      studyRef,
      caseId,
      details: { claim: claimToken },
    });
  await prepareStudies(
    ctx,
    lent.map(({ studyRef }) => studyRef),
  );
  if (lent.length > 0)
    await audit(ctx, {
      action: "case.borrow-priors",
      orgId,
      patientRef,
      studyRef: studyId,
      caseId,
      details: { count: lent.length, claim: lent[0]?.claimToken ?? null },
    });
  return { lent: lent.length };
}

import { type IdentityDoubt, reason } from "@overread/shared/reasons";
import type { Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import type { PatientConflict } from "../patient-conflicts.ts";
import type { Identity } from "../patient-identity.ts";

/** What is known about whether a study and its priors are of one person. */
export type IdentityFacts = {
  patientConflicts: PatientConflict[];
  /** Attributes in which earlier studies under the patient ID contradict this one. */
  priorConflicts: PatientConflict[];
  /** The study's patient ID identifies nobody. */
  unidentified: boolean;
};

/**
 * The columns of {@link IdentityFacts}, for `study s` and its `reading_case c` (which may be missing). A scalar
 * subquery instead of EXISTS, which the planner would turn into a scan of all patients.
 */
export const identityColumns = Prisma.sql`s.patient_conflicts AS "patientConflicts",
    ARRAY(SELECT DISTINCT unnest(p.differ) FROM case_prior p WHERE p.case_id = c.id AND p.identity = 'conflict' ORDER BY 1) AS "priorConflicts",
    coalesce((SELECT pt.unidentified_in <> '' FROM patient pt WHERE pt.id = s.patient_ref), false) AS unidentified`;

export function identityOf(facts: IdentityFacts): Identity {
  if (facts.patientConflicts.length > 0 || facts.priorConflicts.length > 0) return "conflict";
  return facts.unidentified ? "unknown" : "agrees";
}

/** That images or earlier studies name different patients, for whoever works on the case; null where they do not. */
export const conflictOf = (facts: IdentityFacts): IdentityDoubt | null =>
  doubtsOf(facts).find(({ code }) => code !== "patient-id-names-nobody") ?? null;

/** All that is in doubt, an ID that names nobody included, for whoever reads or signs the report; empty where nothing is. */
export function doubtsOf({ patientConflicts, priorConflicts, unidentified }: IdentityFacts): IdentityDoubt[] {
  const doubts: IdentityDoubt[] = [];
  if (patientConflicts.length > 0) doubts.push(reason("images-name-others", { differ: patientConflicts }));
  if (priorConflicts.length > 0) doubts.push(reason("priors-name-another", { differ: priorConflicts }));
  if (unidentified) doubts.push(reason("patient-id-names-nobody"));
  return doubts;
}

/** {@link doubtsOf} several studies by their ids. */
export async function doubtsByStudy(
  { tx }: Pick<Ctx, "tx">,
  studyIds: string[],
): Promise<Map<string, IdentityDoubt[]>> {
  const rows = await tx.$queryRaw<(IdentityFacts & { studyId: string })[]>`
    SELECT s.id AS "studyId", ${identityColumns} FROM study s LEFT JOIN reading_case c ON c.study_ref = s.id WHERE s.id = ANY(${studyIds}::uuid[])`;
  return new Map(rows.map((row) => [row.studyId, doubtsOf(row)]));
}

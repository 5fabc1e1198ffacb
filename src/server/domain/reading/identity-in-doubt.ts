import type { Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { inWords, listed, type PatientConflict, priorsInWords } from "../patient-conflicts.ts";
import type { Identity } from "../patient-identity.ts";

/** What is known of whether all under a study's patient is of one person. */
export type IdentityFacts = {
  patientConflicts: PatientConflict[];
  /** Attributes in which earlier studies under the patient ID contradict this one. */
  priorConflicts: PatientConflict[];
  /** The study's patient ID identifies nobody. */
  unidentified: boolean;
};

/**
 * The columns of {@link IdentityFacts}, for `study s` and its `reading_case c` (which may be missing). The patient is asked for its value
 * and not whether it EXISTS, for which the database would read every patient there is once a page.
 */
export const identityColumns = Prisma.sql`s.patient_conflicts AS "patientConflicts",
    ARRAY(SELECT DISTINCT unnest(p.differ) FROM case_prior p WHERE p.case_id = c.id AND p.identity = 'conflict' ORDER BY 1) AS "priorConflicts",
    coalesce((SELECT pt.unidentified_in <> '' FROM patient pt WHERE pt.id = s.patient_ref), false) AS unidentified`;

export function identityOf(facts: IdentityFacts): Identity {
  if (facts.patientConflicts.length > 0 || facts.priorConflicts.length > 0) return "conflict";
  return facts.unidentified ? "unknown" : "agrees";
}

/** The conflict in words for whoever works on the case; null where there is none. */
export const conflictInWords = ({ patientConflicts, priorConflicts }: IdentityFacts): string | null =>
  inWords(patientConflicts) ?? priorsInWords(priorConflicts);

/** As above, for whoever reads the report: what is in doubt now, an ID that names nobody included; null where nothing is. */
export function doubtInWords(facts: IdentityFacts): string | null {
  const doubts = doubtsOf(facts, "name", "differ", "is");
  return doubts.length > 0 ? `${doubts.join(" ")} Make sure whose report this is.` : null;
}

/** What a report says of it, when it was signed in doubt: part of what is signed. Null where nothing was in doubt. */
export function doubtWhenSigned(facts: IdentityFacts): string | null {
  const doubts = doubtsOf(facts, "named", "differed", "was");
  return doubts.length > 0 ? `When this was signed: ${doubts.join(" ")}` : null;
}

/** As {@link doubtInWords}, of several studies by their ids; studies without a doubt are left out. */
export async function doubtsByStudy({ tx }: Pick<Ctx, "tx">, studyIds: string[]): Promise<Map<string, string>> {
  const rows = await tx.$queryRaw<(IdentityFacts & { studyId: string })[]>`
    SELECT s.id AS "studyId", ${identityColumns} FROM study s LEFT JOIN reading_case c ON c.study_ref = s.id WHERE s.id = ANY(${studyIds}::uuid[])`;
  return new Map(
    rows.flatMap((row) => {
      const words = doubtInWords(row);
      return words ? [[row.studyId, words] as const] : [];
    }),
  );
}

function doubtsOf(
  { patientConflicts, priorConflicts, unidentified }: IdentityFacts,
  name: string,
  differ: string,
  is: string,
): string[] {
  const doubts: string[] = [];
  if (patientConflicts.length > 0)
    doubts.push(`Images of this study ${name} different patients: they ${differ} in ${listed(patientConflicts)}.`);
  if (priorConflicts.length > 0)
    doubts.push(
      `Earlier studies under this patient ID ${name} another patient: they ${differ} in ${listed(priorConflicts)}.`,
    );
  if (unidentified) doubts.push(`There ${is} no patient ID that identifies anybody.`);
  return doubts;
}

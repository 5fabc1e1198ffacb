import { normalisePersonName } from "@overread/shared/dicom/person-name";
import { Prisma } from "#server/db/generated/client.ts";
import { likeLiteral } from "#server/db/like.ts";

/** LIKE patterns; alternatives that do not apply are null. */
export type StudyTextPatterns = {
  name: [string | null, string | null, string | null];
  starts: string;
  words: [string, string | null];
};

/**
 * The meaning of a search text for studies, the same on every page: part of a name in any representation, the start of
 * a patient ID or accession number, or part of a description. In names and descriptions one or two letters match the
 * start of a word.
 *
 * A DICOMweb search has the semantics of the standard instead (`imaging/match.ts`).
 */
export function studyTextPatterns(text: string): StudyTextPatterns {
  const name = likeLiteral(normalisePersonName(text));
  const words = likeLiteral(text);
  return {
    // Representations of a name are stored one after another, each terminated by `=`.
    name:
      name === ""
        ? [null, null, null]
        : isLong(name)
          ? [`%${name}%`, null, null]
          : [`${name}%`, `% ${name}%`, `%=${name}%`],
    starts: `${words}%`,
    words: isLong(text) ? [`%${words}%`, null] : [`${words}%`, `% ${words}%`],
  };
}

const isLong = (text: string): boolean => [...text].length > 2;

/**
 * The condition that a row of the table `study` fits. @param alias of the study in the statement: a constant of the
 * code, never a caller's text.
 */
export function studyTextCondition(alias: string, { name, starts, words }: StudyTextPatterns): Prisma.Sql {
  const some = (column: string, operator: "LIKE" | "ILIKE", patterns: (string | null)[]): Prisma.Sql[] =>
    patterns
      .filter((pattern) => pattern !== null)
      .map((pattern) => Prisma.sql`${Prisma.raw(`${alias}.${column} ${operator}`)} ${pattern}`);
  const alternatives = [
    ...some("patient_name_search", "LIKE", name),
    ...some("patient_id", "ILIKE", [starts]),
    ...some("accession_number", "ILIKE", [starts]),
    ...some("study_description", "ILIKE", words),
  ];
  return Prisma.sql`(${Prisma.join(alternatives, " OR ")})`;
}

import { normalisePersonName } from "@overread/shared/dicom/person-name";
import { Prisma } from "#server/db/generated/client.ts";
import { likeLiteral } from "#server/db/like.ts";

/** LIKE patterns; alternatives, those not needed null. */
export type StudyTextPatterns = {
  name: [string | null, string | null, string | null];
  starts: string;
  words: [string, string | null];
};

/**
 * What a person types into a search box of studies, the same on every page: part of a name in any writing, the start of a patient
 * ID or accession number, part of a description. Of names and descriptions one or two letters are the start of a word.
 *
 * A search by DICOMweb means something else, which the standard says (`imaging/match.ts`).
 */
export function studyTextPatterns(text: string): StudyTextPatterns {
  const name = likeLiteral(normalisePersonName(text));
  const words = likeLiteral(text);
  return {
    // The writings of a name stand behind each other, closed by `=`.
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

/** The condition that a row of the table `study` fits. @param alias of the study in the statement: our word, never a caller's. */
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

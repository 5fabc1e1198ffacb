import { normalisePersonName } from "@overread/shared/dicom/person-name";
import type { Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";

/** Beyond this many studies a text hardly narrows the list, and walking down the list finds a page of them sooner. */
const fewMatches = 2000;

/** LIKE patterns; alternatives, those not needed null. */
type Patterns = { name: [string | null, string | null, string | null]; starts: string; words: [string, string | null] };

/**
 * What a person types into the search box: part of a name in any writing, the start of a patient ID or accession number, part
 * of a description. Of names and descriptions one or two letters are the start of a word.
 */
function patternsOf(text: string): Patterns {
  const escaped = (value: string) => value.replace(/[\\%_]/g, "\\$&");
  const name = escaped(normalisePersonName(text));
  const words = escaped(text);
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

/**
 * The condition on `c`, a case, that keeps those found by a text. Where the text names few studies, those
 * are looked up by their trigrams first; otherwise each case on the way down the list is compared.
 */
export async function textCondition({ tx }: Pick<Ctx, "tx">, text: string): Promise<Prisma.Sql> {
  const { name, starts, words } = patternsOf(text);
  const found = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM study_text_matches(${name[0]}, ${name[1]}, ${name[2]}, ${starts}, ${words[0]}, ${words[1]}, ${fewMatches + 1}::int) id`;
  if (found.length <= fewMatches) return Prisma.sql`c.study_ref = ANY(${found.map(({ id }) => id)}::uuid[])`;
  const like = (column: Prisma.Sql, patterns: (string | null)[]) =>
    patterns.filter((pattern) => pattern !== null).map((pattern) => Prisma.sql`${column} LIKE ${pattern}`);
  const alike = (column: Prisma.Sql, patterns: (string | null)[]) =>
    patterns.filter((pattern) => pattern !== null).map((pattern) => Prisma.sql`${column} ILIKE ${pattern}`);
  const alternatives = [
    ...like(Prisma.sql`t.patient_name_search`, name),
    ...alike(Prisma.sql`t.patient_id`, [starts]),
    ...alike(Prisma.sql`t.accession_number`, [starts]),
    ...alike(Prisma.sql`t.study_description`, words),
  ];
  // OFFSET keeps the planner, which under row-level security knows nothing of how often LIKE holds, from turning this round
  // and reading every study first.
  return Prisma.sql`EXISTS (SELECT 1 FROM study t WHERE t.id = c.study_ref AND (${Prisma.join(alternatives, " OR ")}) OFFSET 0)`;
}

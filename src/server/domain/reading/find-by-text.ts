import type { Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { studyTextCondition, studyTextPatterns } from "../study-text.ts";

/** Beyond this many studies a text hardly narrows the list, and walking down the list finds a page of them sooner. */
const fewMatches = 2000;

/**
 * The condition on `c`, a case, that keeps those found by a text. Where the text names few studies, those
 * are looked up by their trigrams first; otherwise each case on the way down the list is compared.
 */
export async function textCondition({ tx }: Pick<Ctx, "tx">, text: string): Promise<Prisma.Sql> {
  const patterns = studyTextPatterns(text);
  const { name, starts, words } = patterns;
  const found = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM study_text_matches(${name[0]}, ${name[1]}, ${name[2]}, ${starts}, ${words[0]}, ${words[1]}, ${fewMatches + 1}::int) id`;
  if (found.length <= fewMatches) return Prisma.sql`c.study_ref = ANY(${found.map(({ id }) => id)}::uuid[])`;
  // OFFSET keeps the planner, which under row-level security knows nothing of how often LIKE holds, from turning this round
  // and reading every study first.
  return Prisma.sql`EXISTS (SELECT 1 FROM study t WHERE t.id = c.study_ref AND ${studyTextCondition("t", patterns)} OFFSET 0)`;
}

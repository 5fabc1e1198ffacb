import type { Ctx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { studyTextCondition, studyTextPatterns } from "../study-text.ts";

/** A text that matches more studies than this hardly narrows the list; then scanning the list finds a page sooner. */
const fewMatches = 2000;

/**
 * The condition on a case `c` that keeps those matching a text. If the text matches few studies, these are looked up by
 * trigrams first; otherwise each case is compared while the list is scanned.
 */
export async function textCondition({ tx }: Pick<Ctx, "tx">, text: string): Promise<Prisma.Sql> {
  const patterns = studyTextPatterns(text);
  const { name, starts, words } = patterns;
  const found = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM study_text_matches(${name[0]}, ${name[1]}, ${name[2]}, ${starts}, ${words[0]}, ${words[1]}, ${fewMatches + 1}::int) id`;
  if (found.length <= fewMatches) return Prisma.sql`c.study_ref = ANY(${found.map(({ id }) => id)}::uuid[])`;
  // OFFSET is an optimisation fence. Under row-level security the planner has no statistics for the LIKE, and would
  // otherwise read every study first.
  return Prisma.sql`EXISTS (SELECT 1 FROM study t WHERE t.id = c.study_ref AND ${studyTextCondition("t", patterns)} OFFSET 0)`;
}

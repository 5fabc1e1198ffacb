import type { CaseView } from "@overread/shared/case-view";
import type { Actor, SqlCtx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { filterCondition } from "./case-filter.ts";
import { scopeOf } from "./list-cases.ts";
import { onList } from "./list-conditions.ts";

type Which = Pick<CaseView, "base" | "filter">;

const condition = (actor: Actor, { base, filter }: Which): Prisma.Sql =>
  Prisma.sql`(${onList(actor, base)} AND ${filterCondition(actor, filter)})`;
/** Open cases and those signed of late are found by an index each. */
const among = (base: Which["base"]): Prisma.Sql =>
  base === "final" ? Prisma.sql`c.completed_at > now() - interval '24 hours'` : Prisma.sql`c.completed_at IS NULL`;

/** The ids of the cases on a list that its conditions describe, as a subselect. */
export const casesOnView = (actor: Actor, view: Which): Prisma.Sql => Prisma.sql`
  SELECT c.id FROM reading_case c JOIN study s ON s.id = c.study_ref
  WHERE ${scopeOf(actor)} AND ${among(view.base)} AND ${condition(actor, view)}`;

/** How many cases are on each of several lists, by one pass over the open cases and one over those signed of late. */
export async function countViews({ tx, actor }: SqlCtx, views: readonly Which[]): Promise<number[]> {
  if (views.length === 0) return [];
  const passes = ([false, true] as const).flatMap((final) => {
    const own = views.flatMap((view, index) => ((view.base === "final") === final ? [{ view, index }] : []));
    if (own.length === 0) return [];
    const counts = own.map(({ view }) => Prisma.sql`count(*) FILTER (WHERE ${condition(actor, view)})::int`);
    const ids = own.map(({ index }) => index);
    return [
      Prisma.sql`SELECT unnest(${ids}::int[]) AS index, unnest(n) AS n FROM (SELECT ARRAY[${Prisma.join(counts)}] AS n
        FROM reading_case c JOIN study s ON s.id = c.study_ref
        WHERE ${scopeOf(actor)} AND ${among(final ? "final" : "all")}) pass`,
    ];
  });
  const rows = await tx.$queryRaw<{ index: number; n: number }[]>`${Prisma.join(passes, " UNION ALL ")}`;
  const counts = views.map(() => 0);
  for (const { index, n } of rows) counts[index] = n;
  return counts;
}

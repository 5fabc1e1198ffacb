import type { SqlCtx } from "#server/context.ts";
import type { CaseClock } from "../assignment/index.ts";

type Row = { caseId: string; arrivedAt: Date; dueAt: Date; heldSince: Date | null };

/**
 * The clocks of cases: from arrival until they are due. A hold moves the due time when it ends, so that the time it took is part of the whole;
 * while it lasts the clock stands.
 */
export async function caseClocks({ tx }: Pick<SqlCtx, "tx">, caseIds: string[]): Promise<Map<string, CaseClock>> {
  const rows = await tx.$queryRaw<Row[]>`
    SELECT id::text AS "caseId", created_at AS "arrivedAt", due_at AS "dueAt", CASE WHEN state = 'held' THEN paused_at END AS "heldSince"
    FROM reading_case WHERE id = ANY(${caseIds}::uuid[])`;
  return new Map(
    rows.map(({ caseId, arrivedAt, dueAt, heldSince }) => {
      const startedAt = arrivedAt.getTime();
      const minutes = Math.max(1, (dueAt.getTime() - startedAt) / 60_000);
      const stops = heldSince ? [{ from: heldSince.getTime(), until: null }] : [];
      return [caseId, { startedAt, minutes, stops }];
    }),
  );
}

import type { Tx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { claimable, lapsed } from "./case-conditions.ts";

type CaseOf = { orgId: string; caseId: string };

/**
 * Cases of all organisations with an expired claim or reservation that was not cleared, because the job that clears it was lost. For
 * maintenance.
 */
export function casesWithLapsedClaim(tx: Pick<Tx, "$queryRaw">): Promise<CaseOf[]> {
  return tx.$queryRaw(
    Prisma.sql`SELECT c.org_id AS "orgId", c.id AS "caseId" FROM reading_case c WHERE (c.claimed_until IS NOT NULL AND ${lapsed})
      OR (c.reserved_by_id IS NOT NULL AND c.reserved_until < clock_timestamp()) LIMIT 500`,
  );
}

/** Open cases of all organisations without a scheduled recomputation of their priority. For maintenance. */
export function casesWithoutPlan(tx: Pick<Tx, "$queryRaw">): Promise<CaseOf[]> {
  return tx.$queryRaw(
    Prisma.sql`SELECT c.org_id AS "orgId", c.id AS "caseId" FROM reading_case c WHERE ${claimable}
      AND NOT EXISTS (SELECT 1 FROM outbox_job o WHERE o.name = 'case.prioritize' AND o.collapse_key = c.id::text
        AND o.done_at IS NULL AND o.failed_at IS NULL)
      ORDER BY c.due_at LIMIT 2000`,
  );
}

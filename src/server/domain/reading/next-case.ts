import type { Ctx, UserActor } from "#server/context.ts";
import { free, givenTo, nextFor, reservedFor } from "./case-conditions.ts";
import { casePolicy } from "./policy.ts";
import { skippedBy } from "./skip-case.ts";

/**
 * The case to read next: STAT, then what is given to or kept for the caller, then the first on the list that nobody holds; those that
 * the caller skipped come last. Null: none.
 */
export async function nextCase({ actor, tx }: Ctx<UserActor>): Promise<{ caseId: string } | null> {
  casePolicy.authorize(actor, "case.claim", null);
  const [row] = await tx.$queryRaw<{ caseId: string }[]>`
    SELECT c.id AS "caseId" FROM reading_case c
    WHERE c.reader_org_id = ${actor.orgId}::uuid AND ${nextFor(actor.userId)} AND ${free}
    ORDER BY ${skippedBy(actor)}, c.priority = 'stat' DESC, ${givenTo(actor.userId)} DESC, ${reservedFor(actor.userId)} DESC, c.priority_score DESC, c.due_at, c.created_at, c.id LIMIT 1`;
  return row ?? null;
}

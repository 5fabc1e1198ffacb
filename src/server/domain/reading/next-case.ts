import type { Ctx, UserActor } from "#server/context.ts";
import { missingInstances } from "./case-rows.ts";
import { casePolicy } from "./policy.ts";
import { skippedBy } from "./skip-case.ts";

/** The case to read next: the highest on the list that nobody holds; those that the caller left for later come last. Null: nothing waits. */
export async function nextCase({ actor, tx }: Ctx<UserActor>): Promise<{ caseId: string } | null> {
  casePolicy.authorize(actor, "case.claim", null);
  const [row] = await tx.$queryRaw<{ caseId: string }[]>`
    SELECT id AS "caseId" FROM reading_case
    WHERE reader_org_id = ${actor.orgId}::uuid AND state IN ('unread', 'claimed', 'drafted', 'preliminary')
      AND (SELECT ${missingInstances} FROM study s WHERE s.id = study_ref) <= read_without
      AND (claimed_by_id IS NULL OR claimed_until <= clock_timestamp())
    ORDER BY ${skippedBy(actor)}, priority_score DESC, due_at, created_at, id LIMIT 1`;
  return row ?? null;
}

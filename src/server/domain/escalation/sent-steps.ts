import { z } from "zod";
import type { Ctx, UserActor } from "#server/context.ts";
import type { CasePriority, CaseState } from "#server/db/generated/enums.ts";
import type { Step } from "../assignment/index.ts";
import type { Reach } from "./people.ts";
import { escalationPolicy } from "./policy.ts";

export const SentOf = z.object({ days: z.int().min(1).max(30) });

/** A step that was taken for a case of the group. Nothing of it is the patient's. */
type Sent = Step & {
  caseId: string;
  facility: string;
  modalities: string[];
  priority: CasePriority;
  state: CaseState;
  at: Date;
  /** How many were told; 0: there was nobody, or it was late for more than a day when it was found. */
  people: number;
  reach: Reach | null;
  acknowledged: { at: Date; by: string } | null;
};

/** No page shows more of them. */
const atMost = 200;

/**
 * What was sent for the caller's group in the last days, the newest first; to the site as well.
 * @throws {DomainError} `auth.forbidden`
 */
export async function sentSteps(
  { actor, tx }: Ctx<UserActor>,
  { days }: z.output<typeof SentOf>,
): Promise<{ steps: Sent[]; more: boolean }> {
  escalationPolicy.authorize(actor, "ladder.read", null);
  const rows = await tx.$queryRaw<(Omit<Sent, "acknowledged"> & { seenAt: Date | null; seenBy: string | null })[]>`
    SELECT e.case_id::text AS "caseId", e.percent, e.audience AS to, e.taken_at AS at, e.people, e.reach, e.acknowledged_at AS "seenAt",
      staff_name(e.acknowledged_by_id) AS "seenBy", c.priority, c.state, coalesce(f.name, '') AS facility, s.modalities
    FROM escalation_step e JOIN reading_case c ON c.id = e.case_id JOIN study s ON s.id = c.study_ref LEFT JOIN facility f ON f.id = c.facility_id
    WHERE e.reader_org_id = ${actor.orgId}::uuid AND e.taken_at > clock_timestamp() - make_interval(days => ${days}::int)
    ORDER BY e.taken_at DESC, e.percent DESC, e.step LIMIT ${atMost + 1}::int`;
  const steps = rows.slice(0, atMost).map(({ seenAt, seenBy, ...step }) => ({
    ...step,
    acknowledged: seenAt ? { at: seenAt, by: seenBy ?? "" } : null,
  }));
  return { steps, more: rows.length > atMost };
}

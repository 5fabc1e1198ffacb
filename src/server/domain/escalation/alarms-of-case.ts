import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { Ctx, UserActor } from "#server/context.ts";
import type { Step } from "../assignment/index.ts";
import { casePolicy } from "../reading/index.ts";
import type { Reach } from "./people.ts";

export const AlarmsOf = z.object({ caseId: z.uuid() });

/** An alarm that was given for a case, and who has seen it. */
export type Alarm = Step & {
  at: Date;
  /** How many were told; 0: there was nobody. */
  people: number;
  /** Of the pool: readers who were there; all who may, since none was; the lead, since nobody may. */
  reach: Reach | null;
  acknowledged: { at: Date; by: string } | null;
};

/**
 * The alarms of a case, the last one first, for both organisations.
 * @throws {DomainError} `case.not-found`, `auth.forbidden`
 */
export async function alarmsOfCase(
  { actor, tx }: Ctx<UserActor>,
  { caseId }: z.output<typeof AlarmsOf>,
): Promise<Alarm[]> {
  const [row] = await tx.$queryRaw<{ orgId: string; readerOrgId: string; facilityId: string | null }[]>`
    SELECT org_id::text AS "orgId", reader_org_id::text AS "readerOrgId", facility_id::text AS "facilityId" FROM reading_case WHERE id = ${caseId}::uuid`;
  if (!row) throw new DomainError("case.not-found");
  casePolicy.authorize(actor, "case.read", row);
  const alarms = await tx.$queryRaw<(Omit<Alarm, "acknowledged"> & { seenAt: Date | null; seenBy: string | null })[]>`
    SELECT percent, audience AS to, taken_at AS at, people, reach, acknowledged_at AS "seenAt", staff_name(acknowledged_by_id) AS "seenBy"
    FROM escalation_step WHERE case_id = ${caseId}::uuid ORDER BY taken_at DESC, percent DESC, step`;
  return alarms.map(({ seenAt, seenBy, ...alarm }) => ({
    ...alarm,
    acknowledged: seenAt ? { at: seenAt, by: seenBy ?? "" } : null,
  }));
}

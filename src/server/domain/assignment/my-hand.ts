import type { Ctx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { claimableCase, givenToReader } from "../reading/index.ts";
import { assignmentPolicy } from "./policy.ts";

export type MyHand = {
  /** Cases that wait for his answer, the one whose time is over first before the others. */
  offers: { caseId: string; until: string }[];
  assigned: { caseId: string }[];
  /** Something that nobody may choose waits in the group: he asks for his next case instead of picking one. */
  draws: boolean;
};

/** What is offered and assigned to the caller. @throws {DomainError} `auth.forbidden` */
export async function myHand({ actor, tx }: Ctx<UserActor>): Promise<MyHand> {
  assignmentPolicy.authorize(actor, "assignment.mine", null);
  const rows = await tx.$queryRaw<{ caseId: string; until: Date | null }[]>(Prisma.sql`
    SELECT c.id AS "caseId", c.given_until AS until FROM reading_case c
    WHERE c.reader_org_id = ${actor.orgId}::uuid AND c.completed_at IS NULL AND ${claimableCase} AND ${givenToReader(actor.userId)}
    ORDER BY c.given_until NULLS LAST, c.priority = 'stat' DESC, c.due_at, c.id`);
  const [any] = await tx.$queryRaw<[{ draws: boolean }]>(Prisma.sql`
    SELECT EXISTS (SELECT 1 FROM reading_case c WHERE c.reader_org_id = ${actor.orgId}::uuid AND c.completed_at IS NULL AND c.drawn_rule_id IS NOT NULL
      AND ${claimableCase}) AS draws`);
  return {
    offers: rows.flatMap(({ caseId, until }) => (until ? [{ caseId, until: until.toISOString() }] : [])),
    assigned: rows.flatMap(({ caseId, until }) => (until ? [] : [{ caseId }])),
    draws: any.draws,
  };
}

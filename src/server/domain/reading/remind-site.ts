import type { SqlCtx, SqlTx } from "#server/context.ts";
import { notify } from "../notices/index.ts";
import { casePolicy } from "./policy.ts";

/** Reminders of one wait: after the facility's time, and after so many times as long. */
const steps = [1, 2, 4, 8] as const;
const minuteMs = 60_000;

/** Hospitals that owe a reader an answer. For maintenance. */
export async function sitesThatOwe(tx: SqlTx): Promise<string[]> {
  const rows = await tx.$queryRaw<{ orgId: string }[]>`
    SELECT DISTINCT org_id AS "orgId" FROM reading_case WHERE question_state = 'question' AND completed_at IS NULL AND state <> 'cancelled'`;
  return rows.map(({ orgId }) => orgId);
}

type Waiting = {
  caseId: string;
  facilityId: string | null;
  since: Date;
  held: boolean;
  /** Minutes. */
  every: number;
  told: number;
};

/**
 * Reminds the site of the questions that it has not answered: whoever may answer, of the case's facility. The facility chooses after how many
 * minutes, and for a case that is promised sooner it is half of what is promised. Once for each step, whoever else looks at the same time;
 * of steps that passed while nobody looked, only the last.
 *
 * @returns the cases of which somebody was reminded.
 */
export async function remindSites(ctx: SqlCtx): Promise<string[]> {
  const { actor, tx, now } = ctx;
  casePolicy.authorize(actor, "case.remind-site", null);
  const waiting = await tx.$queryRaw<Waiting[]>`
    SELECT c.id::text AS "caseId", c.facility_id::text AS "facilityId", c.question_since AS since, c.state = 'held' AS held,
      least(coalesce(f.question_reminder_minutes, 60), greatest(5, c.promised_minutes / 2)) AS every, c.question_reminders AS told
    FROM reading_case c LEFT JOIN facility f ON f.id = c.facility_id
    WHERE c.org_id = ${actor.orgId}::uuid AND c.question_state = 'question' AND c.completed_at IS NULL AND c.state <> 'cancelled'
      AND c.question_reminders < ${steps.length}::int AND coalesce(f.question_reminder_minutes, 60) > 0
    ORDER BY c.id`;
  const reminded: string[] = [];
  for (const { caseId, facilityId, since, held, every, told } of waiting) {
    const minutes = Math.floor((now.getTime() - since.getTime()) / minuteMs);
    const step = steps.filter((times) => minutes >= times * every).length;
    if (step <= told) continue;
    // Of two who look at once one counts it up; an answer that came meanwhile ends it.
    const mine = await tx.$executeRaw`
      UPDATE reading_case SET question_reminders = ${step} WHERE id = ${caseId}::uuid AND question_state = 'question' AND question_reminders < ${step}::int`;
    if (mine === 0) continue;
    await notify(tx, {
      orgId: actor.orgId,
      userIds: await whoMayAnswer(ctx, facilityId),
      kind: "question-open",
      params: { minutes, held },
      caseId,
      matter: `question-open:${caseId}:${since.getTime()}:${step}`,
    });
    reminded.push(caseId);
  }
  return reminded;
}

async function whoMayAnswer({ actor, tx }: SqlCtx, facilityId: string | null): Promise<string[]> {
  const roles = casePolicy.table["case.answer"].people.map(([role]) => role);
  const people = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM user_account WHERE org_id = ${actor.orgId}::uuid AND deactivated_at IS NULL AND roles::text[] && ${roles}::text[]
      AND (facility_ids = '{}' OR ${facilityId}::uuid = ANY(facility_ids)) ORDER BY id`;
  return people.map(({ id }) => id);
}

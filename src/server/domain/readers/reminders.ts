import type { SqlCtx, SqlTx } from "#server/context.ts";
import { notify } from "../notices/index.ts";
import { readerPolicy } from "./policy.ts";

/** Licences and privileges that end: who is reminded, and when. */

/** Days before the end at which somebody is reminded; 0: it has ended. */
const reminderSteps = [60, 30, 7, 0] as const;
const dayMs = 24 * 60 * 60_000;

/** The step that an end has reached; null: it is further away than all of them. */
function stepOf(endsAt: Date, now: Date): number | null {
  const days = (endsAt.getTime() - now.getTime()) / dayMs;
  return reminderSteps.findLast((step) => (step === 0 ? days <= 0 : days <= step)) ?? null;
}

type Ending = {
  kind: "licence" | "privilege";
  userId: string;
  /** The licence, or the facility of the privilege. */
  subjectId: string;
  /** Of a licence; empty for a privilege. */
  jurisdiction: string;
  endsAt: Date;
};

/**
 * What ends within 60 days, or ended within the last 60. A licence that a further one of the same jurisdiction carries on does not end. For the
 * group's own screens and reminders; asks no policy.
 */
export function endingsOf(tx: SqlTx, readerOrgId: string, now: Date): Promise<Ending[]> {
  return tx.$queryRaw<Ending[]>`
    WITH licence AS (
      SELECT l.id, l.user_id, l.jurisdiction, l.valid_from, l.valid_until, (l.valid_until + 1)::timestamp AT TIME ZONE o.time_zone AS ends_at
      FROM reader_licence l JOIN organization o ON o.id = l.org_id WHERE l.org_id = ${readerOrgId}::uuid AND l.removed_at IS NULL),
    ending AS (
      SELECT 'licence' AS kind, l.user_id, l.id AS subject_id, l.jurisdiction, l.ends_at FROM licence l
      WHERE NOT EXISTS (SELECT 1 FROM licence n WHERE n.user_id = l.user_id AND n.jurisdiction = l.jurisdiction
        AND coalesce(n.valid_from, l.valid_until) <= l.valid_until + 1 AND coalesce(n.valid_until, 'infinity') > l.valid_until)
      UNION ALL
      SELECT 'privilege', p.user_id, p.facility_id, '', p.expires_at FROM facility_privilege p
      WHERE p.org_id = ${readerOrgId}::uuid AND p.level <> 'none')
    SELECT e.kind, e.user_id AS "userId", e.subject_id AS "subjectId", e.jurisdiction, e.ends_at AS "endsAt"
    FROM ending e JOIN user_account u ON u.id = e.user_id AND u.deactivated_at IS NULL
    WHERE e.ends_at > ${now}::timestamptz - interval '60 days' AND e.ends_at <= ${now}::timestamptz + interval '60 days'
    ORDER BY e.ends_at, e.subject_id`;
}

/**
 * Reminds the reader and the leads of each end that has come to a further step. Run again, or by two workers at once, it records none twice.
 *
 * @returns those that are new.
 */
export async function remindOfEnds(ctx: SqlCtx): Promise<(Ending & { step: number })[]> {
  const { actor, tx, now } = ctx;
  readerPolicy.authorize(actor, "reader.remind", null);
  const due = (await endingsOf(tx, actor.orgId, now)).flatMap((ending) => {
    const step = stepOf(ending.endsAt, now);
    return step === null ? [] : [{ ...ending, step }];
  });
  if (due.length === 0) return [];
  const made = await tx.$queryRaw<{ userId: string; subjectId: string; step: number; endsAt: Date }[]>`
    INSERT INTO credential_reminder (org_id, kind, user_id, subject_id, ends_at, step)
    SELECT ${actor.orgId}::uuid, r.kind::"CredentialKind", r."userId", r."subjectId", r."endsAt", r.step
    FROM jsonb_to_recordset(${JSON.stringify(due)}::jsonb) AS r (kind text, "userId" uuid, "subjectId" uuid, "endsAt" timestamptz, step int)
    ORDER BY r."userId", r."subjectId" ON CONFLICT DO NOTHING
    RETURNING user_id AS "userId", subject_id AS "subjectId", step, ends_at AS "endsAt"`;
  const keyOf = (each: { userId: string; subjectId: string; endsAt: Date; step: number }) =>
    `${each.userId} ${each.subjectId} ${each.endsAt.getTime()} ${each.step}`;
  const fresh = new Set(made.map(keyOf));
  const reminders = due.filter((each) => fresh.has(keyOf(each)));
  await tell(ctx, reminders);
  return reminders;
}

/** By whatever ways each of them has chosen; in words there is only what ends, and when. */
async function tell({ actor, tx, now }: SqlCtx, reminders: (Ending & { step: number })[]): Promise<void> {
  if (reminders.length === 0) return;
  const leads = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM user_account WHERE org_id = ${actor.orgId}::uuid AND deactivated_at IS NULL AND 'worklist_manager' = ANY(roles)`;
  for (const { kind, userId, subjectId, jurisdiction, endsAt, step } of reminders) {
    const days = Math.max(0, Math.ceil((endsAt.getTime() - now.getTime()) / dayMs));
    const whom = { orgId: actor.orgId, userIds: [userId, ...leads.map(({ id }) => id)] };
    const matter = `${kind}:${userId}:${subjectId}:${endsAt.toISOString().slice(0, 10)}:${step}`;
    if (kind === "licence")
      await notify(tx, { ...whom, kind: "licence-expires", params: { days, jurisdiction }, matter });
    else await notify(tx, { ...whom, kind: "privilege-expires", params: { days, facilityId: subjectId }, matter });
  }
}

/** Groups that keep any credential with an end. For maintenance. */
export async function groupsWithEnds(tx: SqlTx): Promise<string[]> {
  const rows = await tx.$queryRaw<{ orgId: string }[]>`
    SELECT org_id AS "orgId" FROM reader_licence WHERE valid_until IS NOT NULL AND removed_at IS NULL
    UNION SELECT org_id FROM facility_privilege WHERE expires_at IS NOT NULL`;
  return rows.map(({ orgId }) => orgId);
}

import type { SqlCtx } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { audit } from "../audit/index.ts";
import { claimable, free, open, reservationRuns } from "./case-conditions.ts";
import { announceCases } from "./move-case.ts";
import { prepareAhead } from "./prepare-ahead.ts";

/** To whom a case is given before anybody claims it. `until`: an offer, to be answered by then; null: it is his. */
type Hand = {
  readerId: string;
  until: Date | null;
  ruleId: string | null;
  byId: string | null;
  /** What spoke for him, as codes (assignment/engine/decisions.ts). */
  wishes: unknown[];
};
export type Gift = {
  caseId: string;
  /** As it was when this was decided: what has changed since is left alone. */
  was: { readerId: string; at: Date } | null;
  to: Hand | null;
  /** The rule by which nobody chooses it. */
  drawnRuleId: string | null;
};
export type Given = {
  caseId: string;
  orgId: string;
  readerOrgId: string;
  studyRef: string;
  patientRef: string;
  toId: string | null;
  fromId: string | null;
};

/**
 * Gives cases to readers, or takes them back, in one statement. It takes effect only on a case that nobody has claimed and whose hand is still the one that
 * was seen: of two who decide together, one decides. Of cases that are read together the leading one is given, and the others with it.
 *
 * @returns those that were changed. Audits whose they became, and announces.
 */
export async function giveCases(ctx: SqlCtx, gifts: readonly Gift[]): Promise<Given[]> {
  if (gifts.length === 0) return [];
  const values = gifts.map(({ caseId, was, to, drawnRuleId }) => ({
    id: caseId,
    wasTo: was?.readerId ?? null,
    wasAt: was?.at.toISOString() ?? null,
    to: to?.readerId ?? null,
    until: to?.until?.toISOString() ?? null,
    rule: to?.ruleId ?? null,
    by: to?.byId ?? null,
    wishes: to?.wishes ?? [],
    drawn: drawnRuleId,
  }));
  // Whose it stays keeps its time: only what nobody may choose, or may again, is changed then.
  const same = Prisma.sql`(r."to" IS NOT DISTINCT FROM r."wasTo" AND r.by IS NULL)`;
  const unless = (kept: Prisma.Sql, value: Prisma.Sql) => Prisma.sql`CASE WHEN ${same} THEN ${kept} ELSE ${value} END`;
  // What somebody keeps to read it next no rule takes from him, and a person may.
  const kept = (column: Prisma.Sql) => Prisma.sql`CASE WHEN r.by IS NULL THEN c.${column} END`;
  // One row a case, locked in a fixed order: looked up one by one in a list of all, a backlog of thousands took minutes.
  const statement = Prisma.sql`
    WITH r AS MATERIALIZED (
      SELECT l.id AS "leadId", g.* FROM jsonb_to_recordset(${JSON.stringify(values)}::jsonb)
        AS g (id uuid, "wasTo" uuid, "wasAt" timestamptz, "to" uuid, until timestamptz, rule text, by uuid, wishes jsonb, drawn text)
      JOIN reading_case m ON m.id = g.id JOIN reading_case l ON l.id = coalesce(m.read_with_id, m.id) ORDER BY l.id FOR UPDATE OF l)
    UPDATE reading_case c SET given_to_id = r."to",
      given_as = ${unless(Prisma.sql`c.given_as`, Prisma.sql`CASE WHEN r."to" IS NULL THEN NULL WHEN r.until IS NULL THEN 'assignment' ELSE 'offer' END`)},
      given_at = ${unless(Prisma.sql`c.given_at`, Prisma.sql`CASE WHEN r."to" IS NULL THEN NULL ELSE clock_timestamp() END`)},
      given_until = ${unless(Prisma.sql`c.given_until`, Prisma.sql`r.until`)}, given_rule_id = ${unless(Prisma.sql`c.given_rule_id`, Prisma.sql`r.rule`)},
      given_by_id = ${unless(Prisma.sql`c.given_by_id`, Prisma.sql`r.by`)}, given_wishes = ${unless(Prisma.sql`c.given_wishes`, Prisma.sql`r.wishes`)},
      drawn_rule_id = r.drawn, reserved_by_id = ${kept(Prisma.sql`reserved_by_id`)}, reserved_in = ${kept(Prisma.sql`reserved_in`)},
      reserved_at = ${kept(Prisma.sql`reserved_at`)}, reserved_until = ${kept(Prisma.sql`reserved_until`)}
    FROM r WHERE c.id = r."leadId"
      AND ${open} AND (r."to" IS NULL OR ${claimable}) AND ${free} AND (r."to" IS NULL OR r.by IS NOT NULL OR NOT ${reservationRuns})
      AND c.given_to_id IS NOT DISTINCT FROM r."wasTo" AND c.given_at IS NOT DISTINCT FROM r."wasAt"
    RETURNING c.id AS "caseId", c.org_id AS "orgId", c.reader_org_id AS "readerOrgId", c.study_ref AS "studyRef",
      (SELECT patient_ref FROM study WHERE study.id = c.study_ref) AS "patientRef", new.given_to_id AS "toId", old.given_to_id AS "fromId",
      new.given_as AS "as", new.given_rule_id AS "ruleId"`;
  type Row = Given & { as: "offer" | "assignment" | null; ruleId: string | null };
  const rows = await ctx.tx.$queryRawUnsafe<Row[]>(statement.text, ...statement.values);
  for (const { caseId, orgId, studyRef, patientRef, toId, fromId, as, ruleId } of rows) {
    if (toId === fromId) continue;
    await audit(ctx, {
      action: toId === null ? "case.unassign" : as === "offer" ? "case.offer" : "case.assign",
      orgId,
      patientRef,
      studyRef,
      caseId,
      details: { to: toId, from: fromId, rule: ruleId },
    });
  }
  await announceCases(ctx, rows);
  const given = rows.filter(({ toId, fromId }) => toId !== null && toId !== fromId);
  await prepareAhead(ctx, { caseIds: given.map(({ caseId }) => caseId) });
  return rows;
}

/** Who does not take a case, and when: he is not asked again. `reason`: `no-answer` where he let the time run out. */
export async function noteDeclined(
  { tx }: Pick<SqlCtx, "tx">,
  declined: readonly { caseId: string; readerId: string; reason: string }[],
): Promise<void> {
  if (declined.length === 0) return;
  await tx.$executeRaw`
    INSERT INTO case_decline (case_id, user_id, org_id, reader_org_id, reason, at)
    SELECT c.id, r.reader, c.org_id, c.reader_org_id, r.reason, clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(declined.map(({ caseId, readerId, reason }) => ({ id: caseId, reader: readerId, reason })))}::jsonb)
      AS r (id uuid, reader uuid, reason text) JOIN reading_case c ON c.id = r.id
    ON CONFLICT (case_id, user_id) DO UPDATE SET reason = excluded.reason, at = excluded.at`;
}

import { after, before, beforeEach } from "node:test";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import type { Rule } from "#server/domain/assignment/engine/rules.ts";
import { runAssignment } from "#server/domain/assignment/index.ts";
import { systemActor } from "#server/system-actor.ts";
import type { useTestDatabase } from "./database.ts";
import { useDemoPeople } from "./demo-people.ts";
import { aRule } from "./factories/assignment.ts";
import { makeUnreadCase, type StudyWish } from "./factories/studies.ts";

export const offered = aRule({ id: "ask", mode: { kind: "push", acceptSeconds: 120 } });
export const given = aRule({ id: "give", mode: { kind: "push", acceptSeconds: null } });
export const drawn = aRule({ id: "draw", mode: { kind: "draw" } });

export const as = <T>(
  actor: UserActor,
  verb: (ctx: Parameters<Parameters<typeof withTenant<UserActor, T>>[1]>[0]) => Promise<T>,
) => withTenant(actor, verb);

type People = Awaited<ReturnType<typeof useDemoPeople>>;

/**
 * The demo's reading group with two readers at work, and what tests of assignment do with it. Each test has the group for itself: what others left
 * open is signed for them, and the readers are there at any hour and read everything. To be called once, at the head of a test file.
 */
export function assignmentDesk() {
  const desk = {
    db: null as unknown as Awaited<ReturnType<typeof useTestDatabase>>,
    people: null as unknown as Omit<People, "db">,
    run: () => withTenantSql(systemActor(desk.people.solheim.orgId, "test"), runAssignment),
    /** They have just been seen at the portal. */
    async see(...people: UserActor[]): Promise<void> {
      await desk.db.owner.query("UPDATE session SET last_seen_at = now() WHERE user_id = ANY($1)", [
        people.map(({ userId }) => userId),
      ]);
    },
    /** These are the group's rules from now on. */
    async rule(...rules: Rule[]): Promise<void> {
      const sheet = rules.map((each) => ({ name: each.id, on: true, rule: each }));
      await desk.db.owner.query(
        `INSERT INTO assignment_rule_set (org_id, version, sheet, saved_by_id)
         SELECT $1, coalesce(max(version), 0) + 1, $2, $3 FROM assignment_rule_set WHERE org_id = $1`,
        [desk.people.solheim.orgId, JSON.stringify(sheet), desk.people.lead.userId],
      );
    },
    unread: (wish: StudyWish = {}) => makeUnreadCase(desk.db.owner, wish),
    async handOf(
      caseId: string,
    ): Promise<{ to: string | null; as: string | null; rule: string | null; drawn: string | null }> {
      const { rows } = await desk.db.owner.query(
        `SELECT given_to_id AS "to", given_as AS "as", given_rule_id AS rule, drawn_rule_id AS drawn FROM reading_case WHERE id = $1`,
        [caseId],
      );
      return rows[0];
    },
    /** Of the two readers the one with this id, and the other one. */
    one: (userId: string | null): UserActor =>
      userId === desk.people.solheim.userId ? desk.people.solheim : desk.people.mensah,
    other: (userId: string | null): UserActor =>
      userId === desk.people.solheim.userId ? desk.people.mensah : desk.people.solheim,
    /** Runs that are asked for, of which groups. */
    async asked(): Promise<string[]> {
      const { rows } = await desk.db.owner.query<{ org: string }>(
        "SELECT org_id AS org FROM outbox_job WHERE name = 'assignment.run' AND done_at IS NULL",
      );
      return [...new Set(rows.map(({ org }) => org))];
    },
    forgetAsked: () => desk.db.owner.query("DELETE FROM outbox_job WHERE name = 'assignment.run'"),
  };
  before(async () => {
    const { db, ...people } = await useDemoPeople();
    desk.db = db;
    desk.people = people;
  });
  after(() => desk.db.drop());
  beforeEach(async () => {
    await desk.db.owner.query(
      `UPDATE reading_case SET state = 'final', completed_at = now(), given_to_id = NULL, given_as = NULL, given_at = NULL, given_until = NULL,
         reserved_by_id = NULL, reserved_in = NULL, reserved_at = NULL, reserved_until = NULL WHERE completed_at IS NULL`,
    );
    for (const table of ["reader_profile", "reader_shift", "shift_change"])
      await desk.db.owner.query(`DELETE FROM ${table}`);
    await desk.forgetAsked();
    await desk.see(desk.people.solheim, desk.people.mensah);
  });
  return desk;
}

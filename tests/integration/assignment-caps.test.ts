import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import type { Rule } from "#server/domain/assignment/engine/rules.ts";
import { claimByRules, drawCase, runAssignment, traceCase, whyMe } from "#server/domain/assignment/index.ts";
import { releaseClaim } from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { aRule } from "../factories/assignment.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/** How much one reader may have in hand, also where he asks in several windows at once. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let lead: UserActor;
before(async () => {
  ({ db, solheim, mensah, lead } = await useDemoPeople());
});
after(() => db.drop());
beforeEach(async () => {
  await db.owner.query("UPDATE reading_case SET state = 'final', completed_at = now() WHERE completed_at IS NULL");
  await db.owner.query("UPDATE session SET last_seen_at = now()");
});

let version = 0;
async function rule(...rules: Rule[]): Promise<void> {
  const sheet = rules.map((each) => ({ name: each.id, on: true, rule: each }));
  await db.owner.query(
    "INSERT INTO assignment_rule_set (org_id, version, sheet, saved_by_id) VALUES ($1, $2, $3, $4)",
    [solheim.orgId, ++version, JSON.stringify(sheet), lead.userId],
  );
}
const oneAtATime = { openCases: 1, openWorkUnits: null };
const claim = (reader: UserActor, caseId: string) => withTenant(reader, (ctx) => claimByRules(ctx, { caseId }));
const threeCases = () => Promise.all([1, 2, 3].map(() => makeUnreadCase(db.owner)));
const barredBy = (reasons: string) => (error: unknown) =>
  error instanceof DomainError && error.code === "case.barred" && error.details?.reasons === reasons;

test("what is claimed from a pool counts towards the cap of its rule", async () => {
  await rule(aRule({ id: "pool", caps: oneAtATime }));
  const [first, second] = await threeCases();
  const { claimToken } = await claim(solheim, first!.caseId);
  await assert.rejects(claim(solheim, second!.caseId), barredBy("cap.rule-open-cases"));
  await claim(mensah, second!.caseId);
  await withTenant(solheim, (ctx) => releaseClaim(ctx, { caseId: first!.caseId, claimToken }));
  await claim(solheim, first!.caseId);
});

test("who claims several cases at once in several windows has no more of them than his cap", async () => {
  for (const whose of ["rule", "own"]) {
    await rule(aRule({ id: "pool", ...(whose === "rule" ? { caps: oneAtATime } : {}) }));
    await db.owner.query("UPDATE reader_profile SET cap_open_cases = $1 WHERE user_id = $2", [
      whose === "own" ? 1 : null,
      solheim.userId,
    ]);
    const cases = await threeCases();
    const asked = await Promise.allSettled(cases.map(({ caseId }) => claim(solheim, caseId)));
    assert.equal(asked.filter(({ status }) => status === "fulfilled").length, 1, whose);
    await db.owner.query(
      "UPDATE reading_case SET state = 'final', completed_at = now(), claimed_until = now() WHERE completed_at IS NULL",
    );
  }
  await db.owner.query("UPDATE reader_profile SET cap_open_cases = NULL");
});

test("who asks for his next case in several windows at once gets no more than his cap", async () => {
  await rule(aRule({ id: "draw", mode: { kind: "draw" }, caps: oneAtATime }));
  await threeCases();
  await withTenantSql(systemActor(solheim.orgId, "test"), runAssignment);
  const asked = await Promise.all([1, 2, 3].map(() => withTenant(solheim, drawCase)));
  assert.equal(asked.filter((each) => each !== null).length, 1);
  assert.ok(await withTenant(mensah, drawCase), "a colleague has a cap of his own");
});

test("what the readers of one rule are too full for is claimed by those of the next, as the lead is told, and by nobody whom neither names", async () => {
  const only = (reader: UserActor) => ({ readerIds: [reader.userId], groupIds: [] });
  await rule(
    aRule({ id: "first", readers: only(solheim), caps: oneAtATime }),
    aRule({ id: "second", readers: only(mensah) }),
  );
  const [first, second] = await threeCases();
  await assert.rejects(claim(mensah, second!.caseId), barredBy("rule.names-others"));
  await claim(solheim, first!.caseId);
  const of = { caseId: second!.caseId, timeZone: "UTC" };
  const { readers } = await withTenant(lead, (ctx) => traceCase(ctx, of));
  assert.equal(readers.find(({ readerId }) => readerId === mensah.userId)?.stand, "may");
  assert.equal((await withTenant(mensah, (ctx) => whyMe(ctx, of))).stand, "may", "the lead and he are told the same");
  await claim(mensah, second!.caseId);
});

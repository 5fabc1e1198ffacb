import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import {
  acknowledge,
  alarmsOfCase,
  casesToWatch,
  escalateCases,
  readLadder,
  saveLadder,
} from "#server/domain/escalation/index.ts";
import { listNotices } from "#server/domain/notices/index.ts";
import { AskSite, answerQuestion, askSite, claimCase, holdCase, resumeCase } from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { arrivedEarlier, makeUnreadCase } from "../factories/studies.ts";

/** Alarms while the time of a case runs. The clock is a parameter: each look says at which share of the promised time it takes place. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let colleague: UserActor;
let lead: UserActor;
let tech: UserActor;
let otherTech: UserActor;
let foreign: UserActor;

before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  colleague = (await signedIn("radiologist2@nightshift.example")).actor;
  lead = (await signedIn("lead@nightshift.example")).actor;
  tech = (await signedIn("tech@lakeside.example")).actor;
  foreign = (await signedIn("admin@harbor.example")).actor;
  // Of another facility of the same hospital.
  const { rows } = await db.owner.query(
    `WITH f AS (INSERT INTO facility (org_id, slug, name) VALUES ($1, 'lakeside-annex', 'Annex') RETURNING id)
     INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     SELECT $1, 'annex@lakeside.example', 'Annex', 'Annex', '{technologist}', ARRAY[id], '{}' FROM f RETURNING email`,
    [tech.orgId],
  );
  otherTech = (await signedIn(rows[0].email)).actor;
});
after(() => db.drop());

type Made = Awaited<ReturnType<typeof makeUnreadCase>>;
const makeCase = (): Promise<Made> => makeUnreadCase(db.owner, { requestedPriority: "STAT" });

/** The moment at which so much of the case's promised time has run. */
async function at(caseId: string, percent: number): Promise<Date> {
  const { rows } = await db.owner.query<{ at: Date }>(
    "SELECT promised_from + promised_minutes * interval '1 minute' * $2::float8 / 100 + interval '1 second' AS at FROM reading_case WHERE id = $1",
    [caseId, percent],
  );
  return rows[0]!.at;
}
const lookAs = (orgId: string, caseId: string, now: Date) =>
  withTenantSql(systemActor(orgId, "worker"), (ctx) => escalateCases(ctx, { caseIds: [caseId], now }));
/** As the worker looks: in the group's name, and in the hospital's where the group's look asked for it. */
async function look({ caseId, orgId }: Made, percent: number): Promise<void> {
  const now = await at(caseId, percent);
  await lookAs(reader.orgId, caseId, now);
  const { rows } = await db.owner.query(
    "SELECT 1 FROM outbox_job WHERE name = 'case.escalate' AND collapse_key = $1 AND org_id = $2",
    [caseId, orgId],
  );
  if (rows.length > 0) await lookAs(orgId, caseId, now);
}
const stepsOf = async (caseId: string): Promise<string[]> => {
  const { rows } = await db.owner.query("SELECT step FROM escalation_step WHERE case_id = $1 ORDER BY percent, step", [
    caseId,
  ]);
  return rows.map(({ step }) => step);
};
const told = async (actor: UserActor, caseId: string): Promise<string[]> =>
  (await withTenant(actor, listNotices)).items
    .flatMap((item) => (item.caseId === caseId && item.kind === "case-escalated" ? [item] : []))
    .map(({ params }) => `${params.percent}:${params.to}`)
    .sort();
const alarms = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => alarmsOfCase(ctx, { caseId }));

test("reader, pool, lead and site are woken at 50, 80 and 100 % of the promised time, and nobody before", async () => {
  const made = await makeCase();
  const { caseId } = made;
  await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  await look(made, 49);
  assert.deepEqual(await stepsOf(caseId), []);
  await look(made, 50);
  assert.deepEqual([await told(reader, caseId), await told(colleague, caseId)], [["50:reader"], []]);
  await look(made, 80);
  assert.deepEqual(
    [await told(reader, caseId), await told(colleague, caseId), await told(lead, caseId)],
    [["50:reader", "80:pool"], ["80:pool"], []],
  );
  assert.deepEqual(await told(tech, caseId), []);
  await look(made, 100);
  assert.deepEqual([await told(lead, caseId), await told(tech, caseId)], [["100:lead"], ["100:site"]]);
  assert.deepEqual(await told(otherTech, caseId), [], "a technologist of another facility sleeps on");
  await look(made, 300);
  assert.deepEqual(await stepsOf(caseId), ["50:reader", "80:pool", "100:lead", "100:site"]);
});

test("nobody looked for an hour: every step is taken, in order, and each once", async () => {
  const made = await makeCase();
  await look(made, 130);
  await look(made, 130);
  assert.deepEqual(await stepsOf(made.caseId), ["50:reader", "80:pool", "100:lead", "100:site"]);
  assert.deepEqual(await told(colleague, made.caseId), ["80:pool"]);
});

/** On the roster at all hours since that day; null: on none. */
async function shiftsSince(actor: UserActor, day: string | null): Promise<void> {
  await db.owner.query("DELETE FROM reader_shift WHERE user_id = $1", [actor.userId]);
  await db.owner.query(
    `INSERT INTO reader_profile (user_id, org_id, off_roster) VALUES ($1, $2, $3)
     ON CONFLICT (user_id) DO UPDATE SET off_roster = excluded.off_roster`,
    [actor.userId, actor.orgId, day === null],
  );
  if (day === null) return;
  await db.owner.query(
    "INSERT INTO reader_shift (org_id, user_id, weekdays, starts, ends, time_zone, valid_from) VALUES ($1, $2, '{1,2,3,4,5,6,7}', '00:00', '00:00', 'UTC', $3)",
    [actor.orgId, actor.userId, day],
  );
}
const enforceCredentials = (enforced: boolean) =>
  db.owner.query(
    `INSERT INTO reader_settings (org_id, credentials_enforced) VALUES ($1, $2)
     ON CONFLICT (org_id) DO UPDATE SET credentials_enforced = $2`,
    [reader.orgId, enforced],
  );
const poolReach = async (caseId: string) => {
  const pool = (await alarms(lead, caseId)).find(({ to }) => to === "pool");
  return [pool?.people, pool?.reach];
};

test("of the readers those on shift are woken; all who may read it where none is; the lead where nobody may", async () => {
  await shiftsSince(reader, "2020-01-01");
  await shiftsSince(colleague, "2090-01-01");
  const first = await makeCase();
  await look(first, 80);
  assert.deepEqual([await told(reader, first.caseId), await told(colleague, first.caseId)], [["80:pool"], []]);
  assert.deepEqual(await poolReach(first.caseId), [1, "there"]);

  await shiftsSince(reader, "2090-01-01");
  const second = await makeCase();
  await look(second, 80);
  for (const actor of [reader, colleague]) assert.deepEqual(await told(actor, second.caseId), ["80:pool"]);
  assert.deepEqual(await poolReach(second.caseId), [2, "all"]);

  // Nobody has a licence where the case comes from.
  await enforceCredentials(true);
  await db.owner.query("DELETE FROM reader_licence");
  const third = await makeCase();
  await look(third, 80);
  for (const actor of [reader, colleague]) assert.deepEqual(await told(actor, third.caseId), []);
  assert.deepEqual(await told(lead, third.caseId), ["80:lead"], "in words for the lead");
  assert.deepEqual(await poolReach(third.caseId), [1, "lead"]);
  await look(third, 100);
  assert.deepEqual(await told(lead, third.caseId), ["100:lead", "80:lead"]);
  await enforceCredentials(false);
  for (const actor of [reader, colleague]) await shiftsSince(actor, null);
});

test("two workers that look together take each step once, and tell everybody once", async () => {
  const made = await makeCase();
  const { caseId } = made;
  const now = await at(caseId, 100);
  const results = await Promise.all(
    [1, 2, 3, 4, 5, 6].map((n) => lookAs(n % 3 === 0 ? made.orgId : reader.orgId, caseId, now)),
  );
  assert.equal(
    results.reduce((sum, { taken }) => sum + taken, 0),
    4,
  );
  const { rows } = await db.owner.query(
    "SELECT user_id, matter, count(*)::int FROM notice WHERE case_id = $1 GROUP BY 1, 2 HAVING count(*) > 1",
    [caseId],
  );
  assert.deepEqual(rows, []);
  assert.deepEqual(await told(lead, caseId), ["100:lead"]);
});

test("a worker that is killed between the alarm and its commit has taken no step and told nobody; the next one does both", async () => {
  const made = await makeCase();
  const { caseId } = made;
  const now = await at(caseId, 85);
  let killed = 0;
  await assert.rejects(
    withTenantSql(systemActor(reader.orgId, "worker"), async (ctx) => {
      const { taken } = await escalateCases(ctx, { caseIds: [caseId], now });
      killed = taken;
      const [row] = await ctx.tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
      await db.owner.query("SELECT pg_terminate_backend($1)", [row!.pid]);
      await ctx.tx.$queryRaw`SELECT 1`;
    }),
  );
  assert.equal(killed, 2, "it was that far");
  assert.deepEqual([await stepsOf(caseId), await told(colleague, caseId)], [[], []]);
  await look(made, 85);
  assert.deepEqual([await stepsOf(caseId), await told(colleague, caseId)], [["50:reader", "80:pool"], ["80:pool"]]);
});

test("while the site is asked the clock stands and no step becomes due; afterwards it goes on where it stood", async () => {
  const made = await makeCase();
  const { caseId } = made;
  const late = await at(caseId, 200);
  await withTenant(reader, (ctx) =>
    askSite(ctx, AskSite.parse({ caseId, text: "Which side hurts?", stopsClock: true })),
  );
  await lookAs(reader.orgId, caseId, late);
  assert.deepEqual(await stepsOf(caseId), []);
  await withTenant(tech, (ctx) => answerQuestion(ctx, { caseId, text: "The left one." }));
  await look(made, 40);
  assert.deepEqual(await stepsOf(caseId), []);
  await look(made, 60);
  assert.deepEqual(await stepsOf(caseId), ["50:reader"]);
});

test("of a case that is held nobody is woken either for what was due before", async () => {
  const { caseId } = await makeCase();
  // 20 of 30 minutes are over when it is held, and nobody has looked.
  await arrivedEarlier(db.owner, caseId, "20 minutes");
  await withTenant(lead, (ctx) => holdCase(ctx, { caseId, reason: "Images of the other knee" }));
  await lookAs(reader.orgId, caseId, await at(caseId, 70));
  assert.deepEqual(await stepsOf(caseId), []);
  await withTenant(lead, (ctx) => resumeCase(ctx, { caseId }));
  await lookAs(reader.orgId, caseId, await at(caseId, 70));
  assert.deepEqual(await stepsOf(caseId), ["50:reader"]);
});

test("an alarm that one has seen says so on the case, to both sides, and whoever is told later is not told of it", async () => {
  const made = await makeCase();
  const { caseId } = made;
  await look(made, 80);
  const notice = (await withTenant(colleague, listNotices)).items.find((item) => item.caseId === caseId)!;
  await withTenant(colleague, (ctx) => acknowledge(ctx, notice));
  for (const actor of [reader, tech]) {
    const pool = (await alarms(actor, caseId)).find(({ to }) => to === "pool");
    assert.equal(pool?.acknowledged?.by, colleague.displayName);
  }
  const own = (await withTenant(reader, listNotices)).items.find((item) => item.caseId === caseId);
  assert.equal(own?.acknowledged?.by, colleague.displayName);
  await assert.rejects(
    alarms(foreign, caseId),
    (error: unknown) => error instanceof DomainError && error.code === "case.not-found",
  );
});

test("the sweep finds what is new, what was promised anew and what a lost job was to look at, and nothing else", async () => {
  const { caseId, orgId } = await makeCase();
  const waits = async () => (await withMaintenance(casesToWatch)).some((row) => row.caseId === caseId);
  assert.ok(await waits(), "new");
  await lookAs(reader.orgId, caseId, await at(caseId, 10));
  assert.ok(!(await waits()), "looked at");
  await db.owner.query("UPDATE reading_case SET due_at = due_at + interval '10 minutes' WHERE id = $1", [caseId]);
  assert.ok(await waits(), "promised anew");
  await lookAs(reader.orgId, caseId, await at(caseId, 10));
  await db.owner.query("UPDATE escalation_watch SET next_at = now() - interval '1 hour' WHERE case_id = $1", [caseId]);
  assert.ok(await waits(), "its job was lost");
  await db.owner.query("UPDATE reading_case SET state = 'final', completed_at = now() WHERE id = $1", [caseId]);
  assert.ok(!(await waits()), "signed");
  assert.ok(orgId);
});

test("the next look is planned for the moment of the next step, once however often the case is looked at", async () => {
  const { caseId } = await makeCase();
  for (const percent of [5, 10, 20]) await lookAs(reader.orgId, caseId, await at(caseId, percent));
  const { rows } = await db.owner.query<{ at: Date }>(
    "SELECT run_at AS at FROM outbox_job WHERE name = 'case.escalate' AND collapse_key = $1",
    [caseId],
  );
  const half = await at(caseId, 50);
  assert.equal(rows.length, 1);
  assert.ok(Math.abs(rows[0]!.at.getTime() - half.getTime()) < 3_000);
});

test("what has been late since the day before yesterday wakes nobody, and counts as told", async () => {
  const made = await makeCase();
  await lookAs(reader.orgId, made.caseId, new Date((await at(made.caseId, 100)).getTime() + 26 * 3_600_000));
  assert.deepEqual(await told(lead, made.caseId), []);
  assert.ok((await stepsOf(made.caseId)).includes("100:lead"));
});

test("the lead's ladder holds for the group from then on, and of two who change it together one is told", async () => {
  const { version } = await withTenant(lead, readLadder);
  const steps = [{ percent: 30, to: "lead" as const }];
  const saved = await withTenant(lead, (ctx) => saveLadder(ctx, { steps, version }));
  await assert.rejects(
    withTenant(lead, (ctx) => saveLadder(ctx, { steps: [], version })),
    (error: unknown) => error instanceof DomainError && error.code === "escalation.version-conflict",
  );
  await assert.rejects(
    withTenant(reader, readLadder),
    (error: unknown) => error instanceof DomainError && error.code === "auth.forbidden",
  );
  const made = await makeCase();
  await look(made, 150);
  assert.deepEqual(await stepsOf(made.caseId), ["30:lead"]);
  assert.equal((await withTenant(lead, readLadder)).version, saved.version);
});

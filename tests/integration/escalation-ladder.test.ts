import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import {
  acknowledge,
  escalateCases,
  readLadder,
  SaveLadder,
  saveLadder,
  sentSteps,
  tryLadder,
} from "#server/domain/escalation/index.ts";
import { listNotices } from "#server/domain/notices/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/** What a lead does on the page of the ladder: versions, two who save together, the trial, and the list of what was sent. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let lead: UserActor;
let second: UserActor;
let reader: UserActor;
let colleague: UserActor;

before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  lead = (await signedIn("lead@nightshift.example")).actor;
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  colleague = (await signedIn("radiologist2@nightshift.example")).actor;
  await db.owner.query(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     VALUES ($1, 'lead2@nightshift.example', 'Second Lead', 'Lead^Second', '{worklist_manager}', '{}', '{}')`,
    [lead.orgId],
  );
  second = (await signedIn("lead2@nightshift.example")).actor;
});
after(() => db.drop());

const ladderAs = (actor: UserActor) => withTenant(actor, readLadder);
const saveAs = (actor: UserActor, steps: SaveLadder["steps"], version: number) =>
  withTenant(actor, (ctx) => saveLadder(ctx, { steps, version }));
const conflict = (details: Record<string, unknown>) => (error: unknown) => {
  assert.ok(error instanceof DomainError && error.code === "escalation.version-conflict");
  for (const [name, value] of Object.entries(details)) assert.equal(error.details?.[name], value, name);
  return true;
};
const late = [{ percent: 120, to: "lead" as const }];
const early = [
  { percent: 60, to: "pool" as const },
  { percent: 30, to: "reader" as const },
];

test("each ladder that was saved stands in the history with who and when, and nobody rewrites it", async () => {
  assert.deepEqual([(await ladderAs(lead)).version, (await ladderAs(lead)).history], [0, []]);
  await assert.rejects(saveAs(lead, late, 7), conflict({ version: 0 }));
  assert.deepEqual(await saveAs(lead, late, 0), { version: 1 });
  assert.deepEqual(await saveAs(second, early, 1), { version: 2 });
  const { steps, version, history } = await ladderAs(lead);
  assert.equal(version, 2);
  assert.deepEqual(steps, early.toReversed(), "in the order in which they are due");
  assert.deepEqual(
    history.map((each) => [each.version, each.by, each.steps]),
    [
      [2, second.displayName, early.toReversed()],
      [1, lead.displayName, late],
    ],
  );
  assert.ok(history.every(({ at }) => Math.abs(at.getTime() - Date.now()) < 600_000));
  await assert.rejects(db.owner.query("UPDATE escalation_ladder_version SET steps = '[]'"));
  await assert.rejects(db.owner.query("DELETE FROM escalation_ladder_version"));
});

test("of leads who save together one does, whole; the others are told by whom, and nothing of theirs is kept", async () => {
  const { version } = await ladderAs(lead);
  const tries = await Promise.allSettled(
    [lead, second, lead, second].map((actor, n) => saveAs(actor, [{ percent: 10 + n, to: "lead" }], version)),
  );
  const saved = tries.findIndex(({ status }) => status === "fulfilled");
  const by = [lead, second][saved % 2]!.displayName;
  for (const [n, each] of tries.entries())
    if (n !== saved) {
      assert.ok(each.status === "rejected");
      conflict({ version: version + 1, savedByName: by })(each.reason);
    }
  const after = await ladderAs(second);
  assert.deepEqual([after.version, after.steps], [version + 1, [{ percent: 10 + saved, to: "lead" }]]);
  assert.deepEqual(
    after.history.map((each) => each.version),
    [3, 2, 1],
  );
  assert.deepEqual(after.history[0]?.steps, after.steps);
});

test("a ladder with one step twice, or with a share of no time, is saved by nobody", async () => {
  for (const steps of [[...late, ...late], [{ percent: 0, to: "lead" }], [{ percent: 50, to: "everybody" }]])
    assert.equal(SaveLadder.safeParse({ steps, version: 0 }).success, false);
});

/** On the roster at all hours since that day. */
async function shiftsSince(actor: UserActor, day: string): Promise<void> {
  await db.owner.query("DELETE FROM reader_shift WHERE user_id = $1", [actor.userId]);
  await db.owner.query(
    `INSERT INTO reader_profile (user_id, org_id, off_roster) VALUES ($1, $2, false) ON CONFLICT (user_id) DO UPDATE SET off_roster = false`,
    [actor.userId, actor.orgId],
  );
  await db.owner.query(
    "INSERT INTO reader_shift (org_id, user_id, weekdays, starts, ends, time_zone, valid_from) VALUES ($1, $2, '{1,2,3,4,5,6,7}', '00:00', '00:00', 'UTC', $3)",
    [actor.orgId, actor.userId, day],
  );
}

test("a trial says when each step would be due and whom of the group it would tell, and tells nobody", async () => {
  const { usual } = await ladderAs(lead);
  const trial = () => withTenant(lead, (ctx) => tryLadder(ctx, { steps: [...usual], minutes: 60 }));
  await shiftsSince(reader, "2020-01-01");
  await shiftsSince(colleague, "2090-01-01");
  const leads = [lead.displayName, second.displayName].sort();
  assert.deepEqual(
    (await trial()).steps.map(({ afterMinutes, to, reach, names }) => [afterMinutes, to, reach, names]),
    [
      [30, "reader", null, []],
      [48, "pool", "there", [reader.displayName]],
      [60, "lead", null, leads],
      [60, "site", null, []],
    ],
  );
  await shiftsSince(reader, "2090-01-01");
  const pool = (await trial()).steps.find(({ to }) => to === "pool");
  assert.deepEqual([pool?.reach, pool?.names], ["all", [reader.displayName, colleague.displayName].sort()]);
  const { rows } = await db.owner.query(
    "SELECT (SELECT count(*) FROM notice) + (SELECT count(*) FROM escalation_step) AS n",
  );
  assert.equal(Number(rows[0].n), 0);
});

test("what was sent is listed for the lead: step, case without its patient, how many, seen by whom; of these days alone", async () => {
  await saveAs(lead, [{ percent: 50, to: "pool" }], (await ladderAs(lead)).version);
  const made = await makeUnreadCase(db.owner, { requestedPriority: "STAT" });
  const { caseId } = made;
  const now = new Date(Date.now() + 20 * 60_000);
  await withTenantSql(systemActor(lead.orgId, "worker"), (ctx) => escalateCases(ctx, { caseIds: [caseId], now }));
  const notice = (await withTenant(reader, listNotices)).items.find((item) => item.caseId === caseId)!;
  const sent = (actor: UserActor, days = 7) => withTenant(actor, (ctx) => sentSteps(ctx, { days }));
  const [before] = (await sent(lead)).steps;
  assert.deepEqual(
    [before?.caseId, before?.percent, before?.to, before?.people, before?.priority, before?.acknowledged],
    [caseId, 50, "pool", 2, "stat", null],
  );
  await withTenant(reader, (ctx) => acknowledge(ctx, notice));
  const { steps, more } = await sent(second);
  assert.deepEqual([steps.length, steps[0]?.acknowledged?.by, more], [1, reader.displayName, false]);
  const { rows } = await db.owner.query(
    "SELECT p.* FROM patient p JOIN study s ON s.patient_ref = p.id JOIN reading_case c ON c.study_ref = s.id WHERE c.id = $1",
    [caseId],
  );
  const text = JSON.stringify(steps);
  for (const value of [rows[0].patient_id, rows[0].birth_date].filter(Boolean)) assert.ok(!text.includes(value), value);

  await db.owner.query("UPDATE escalation_step SET taken_at = now() - interval '3 days'");
  assert.deepEqual([(await sent(lead, 2)).steps.length, (await sent(lead, 7)).steps.length], [0, 1]);
  for (const verb of [() => sent(reader), () => ladderAs(reader), () => saveAs(reader, late, 0)])
    await assert.rejects(verb(), (error: unknown) => error instanceof DomainError && error.code === "auth.forbidden");
});

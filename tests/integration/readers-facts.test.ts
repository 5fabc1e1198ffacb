import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { snapshotSchema } from "#server/domain/assignment/engine/snapshot.ts";
import {
  facilityFacts,
  nextReaderChange,
  noJurisdiction,
  readerFacts,
  readerGroups,
  workUnitTable,
} from "#server/domain/readers/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { facilityId, orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/** What assignment is told of a group's readers. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let ann: UserActor;
let group: string;
let facility: string;

before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  ann = (await signedIn("radiologist@nightshift.example")).actor;
  group = await orgId("nightshift");
  facility = await facilityId("lakeside-main");
  // What the demo says of its readers is not what is looked at here.
  await db.owner.query("ALTER TABLE work_unit_table DISABLE TRIGGER USER");
  for (const table of [
    "shift_change",
    "shift_swap",
    "reader_shift",
    "reader_licence",
    "facility_privilege",
    "reader_profile",
    "reader_settings",
    "reader_group",
    "work_unit_table",
  ])
    await db.owner.query(`DELETE FROM ${table}`);
  await db.owner.query("UPDATE facility SET jurisdiction = ''");
});
after(() => db.drop());

const asGroup = <T>(work: (ctx: { tx: Parameters<typeof readerFacts>[0]; now: Date }) => Promise<T>): Promise<T> =>
  withTenant(systemActor(group, "test"), work);
const factsOf = async (id: string, now?: Date) =>
  (await asGroup((ctx) => readerFacts(ctx.tx, group, now ?? ctx.now))).find((each) => each.id === id)!;
const enforce = (on: boolean) =>
  db.owner.query(
    `INSERT INTO reader_settings (org_id, credentials_enforced) VALUES ($1, $2)
     ON CONFLICT (org_id) DO UPDATE SET credentials_enforced = $2`,
    [group, on],
  );

test("a group that has entered nothing reads everything, everywhere, whenever somebody is there", async () => {
  const facts = await asGroup(async ({ tx, now }) => {
    const readers = await readerFacts(tx, group, now);
    const facilities = await facilityFacts(tx, group);
    const groups = await readerGroups(tx, group);
    const workUnits = await workUnitTable(tx, group);
    const shape = snapshotSchema.pick({ readers: true, groups: true, facilities: true, workUnits: true });
    return shape.parse({ readers, groups, facilities, workUnits });
  });
  assert.equal(facts.readers.length, 2);
  const reader = facts.readers.find(({ id }) => id === ann.userId)!;
  assert.equal(reader.shifts, null);
  assert.equal(reader.signedIn, true);
  assert.ok(reader.languages.includes("de"));
  assert.deepEqual(reader.readTypes, ["preliminary", "final", "over-read"]);
  assert.deepEqual(reader.caps, { openCases: null, shiftCases: null, shiftWorkUnits: null });
  const places = new Set(reader.privileges.filter(({ level }) => level === "report").map((each) => each.facilityId));
  for (const { id, jurisdiction } of facts.facilities) {
    assert.ok(places.has(id), "may report everywhere");
    assert.ok(reader.licences.some((each) => each.jurisdiction === jurisdiction && each.validUntil === null));
  }
  assert.ok(
    facts.facilities.some(({ id, hospitalId }) => id === hospitalId),
    "also what came by no facility",
  );
  assert.equal(await asGroup(({ tx, now }) => nextReaderChange(tx, group, now)), null);
});

test("a jurisdiction counts once the group enforces credentials, and so do privileges", async () => {
  await db.owner.query("UPDATE facility SET jurisdiction = 'US-IL' WHERE id = $1", [facility]);
  await db.owner.query("UPDATE facility SET jurisdiction = 'US-WI' WHERE slug = 'lakeside-north'");
  const jurisdictions = async () =>
    new Map((await asGroup(({ tx }) => facilityFacts(tx, group))).map((each) => [each.id, each.jurisdiction]));
  assert.equal((await jurisdictions()).get(facility), noJurisdiction);
  await enforce(true);
  const asked = await jurisdictions();
  assert.equal(asked.get(facility), "US-IL");
  assert.equal(asked.get(await orgId("lakeside")), "US-IL/US-WI");
  assert.equal(asked.get(await facilityId("harbor-general")), noJurisdiction);
  assert.deepEqual((await factsOf(ann.userId)).privileges, [], "nothing is granted to anybody yet");
  await db.owner.query(
    `INSERT INTO facility_privilege (org_id, user_id, facility_id, level, expires_at) VALUES ($1, $2, $3, 'report', '2030-01-01T00:00Z')`,
    [group, ann.userId, facility],
  );
  assert.deepEqual((await factsOf(ann.userId)).privileges, [
    { facilityId: facility, level: "report", expiresAt: Date.parse("2030-01-01T00:00Z") },
  ]);
});

test("a licence holds through its last day, on the group's own clock", async () => {
  await db.owner.query(
    `INSERT INTO reader_licence (org_id, user_id, jurisdiction, number, valid_from, valid_until) VALUES ($1, $2, 'US-IL', '036-1', '2026-01-01', '2026-12-31')`,
    [group, ann.userId],
  );
  const held = (await factsOf(ann.userId)).licences.find(({ jurisdiction }) => jurisdiction === "US-IL");
  // Nightshift is in Sydney: eleven hours ahead in January.
  assert.deepEqual(held, {
    jurisdiction: "US-IL",
    validFrom: Date.parse("2025-12-31T13:00Z"),
    validUntil: Date.parse("2026-12-31T13:00Z"),
  });
  await db.owner.query("UPDATE reader_licence SET removed_at = now()");
  assert.equal(
    (await factsOf(ann.userId)).licences.some(({ jurisdiction }) => jurisdiction === "US-IL"),
    false,
  );
  await enforce(false);
});

test("who is on the roster is on shift when it says so, and the next change is when that ends", async () => {
  await db.owner.query("INSERT INTO reader_profile (user_id, org_id, off_roster) VALUES ($1, $2, false)", [
    ann.userId,
    group,
  ]);
  assert.deepEqual((await factsOf(ann.userId)).shifts, []);
  await db.owner.query(
    `INSERT INTO reader_shift (org_id, user_id, weekdays, starts, ends, time_zone, breaks)
     VALUES ($1, $2, '{1,2,3,4,5,6,7}', '08:00', '20:00', 'Europe/Berlin', '[{"starts": "12:00", "ends": "12:30"}]')`,
    [group, ann.userId],
  );
  const now = new Date("2026-07-06T07:00Z");
  const facts = await factsOf(ann.userId, now);
  const running = { from: Date.parse("2026-07-06T06:00Z"), until: Date.parse("2026-07-06T18:00Z") };
  assert.ok(facts.shifts?.some(({ from, until }) => from === running.from && until === running.until));
  assert.equal(facts.done.since, running.from);
  const next = async (from: string) =>
    (await asGroup(({ tx }) => nextReaderChange(tx, group, new Date(from))))?.toISOString();
  assert.equal(await next("2026-07-06T07:00Z"), "2026-07-06T10:00:00.000Z", "the break begins");
  assert.equal(await next("2026-07-06T11:00Z"), "2026-07-06T18:00:00.000Z", "the shift ends");
});

test("what a reader has signed in the running shift counts by procedure, else by modality", async () => {
  await db.owner.query("DELETE FROM reader_shift");
  await db.owner.query("DELETE FROM reader_profile");
  await db.owner.query(
    `INSERT INTO work_unit_table (org_id, version, content) VALUES ($1, 1,
       '{"procedures": [{"code": "CTHEAD", "workUnits": 0.85, "effort": null}], "modalities": [{"modality": "CT", "workUnits": 1.5}], "otherwise": 1}')`,
    [group],
  );
  const before = (await factsOf(ann.userId)).done;
  const cases = [
    await makeUnreadCase(db.owner, { modality: "CT" }),
    await makeUnreadCase(db.owner, { modality: "CT" }),
  ];
  const { rows } = await db.owner.query(
    `INSERT INTO imaging_order (org_id, facility_id, patient_id, patient_name, procedure_code, procedure_description)
     VALUES ($1, $2, 'X', 'X', 'CTHEAD', 'CT head') RETURNING id`,
    [cases[0]!.orgId, facility],
  );
  await db.owner.query("INSERT INTO order_match (order_id, study_ref, org_id, reader_org_id) VALUES ($1, $2, $3, $4)", [
    rows[0].id,
    cases[0]!.studyId,
    cases[0]!.orgId,
    group,
  ]);
  for (const { caseId } of cases)
    await withTenant(ann, async (ctx) => {
      const { claimToken } = await claimCase(ctx, { caseId });
      const sections = [{ key: "impression", title: "Impression", text: "Normal." }];
      await saveDraft(ctx, { caseId, claimToken, version: 0, sections });
      await signReport(ctx, { caseId, claimToken, version: 1 });
    });
  const { done, minutesPerWorkUnit } = await factsOf(ann.userId);
  assert.equal(done.cases - before.cases, 2);
  assert.equal(Math.round((done.workUnits - before.workUnits) * 100), 235);
  assert.equal(minutesPerWorkUnit, 6, "two signatures say nothing of a pace");
});

test("who is signed in is there, and who has signed out, gone quiet or left is not", async () => {
  const { actor } = await signedIn("radiologist2@nightshift.example");
  const own = async (change: string) => {
    await db.owner.query(
      "UPDATE session SET revoked_at = NULL, last_seen_at = now(), expires_at = now() + interval '1 hour' WHERE user_id = $1",
      [actor.userId],
    );
    await db.owner.query(`UPDATE session SET ${change} WHERE user_id = $1`, [actor.userId]);
    return (await factsOf(actor.userId)).signedIn;
  };
  assert.equal(await own("last_seen_at = now() - interval '9 minutes'"), true);
  assert.equal(await own("last_seen_at = now() - interval '11 minutes'"), false, "quiet");
  assert.equal(await own("revoked_at = now()"), false, "signed out");
  assert.equal(await own("expires_at = now() - interval '1 second'"), false, "the time of the session is over");
  await db.owner.query("UPDATE user_account SET deactivated_at = now() WHERE id = $1", [actor.userId]);
  assert.equal(await factsOf(actor.userId), undefined, "left");
  await db.owner.query("UPDATE user_account SET deactivated_at = NULL, roles = '{worklist_manager}' WHERE id = $1", [
    actor.userId,
  ]);
  assert.equal(await factsOf(actor.userId), undefined, "reads nothing any more");
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { assignCase, FairnessOf, readBoard, readFairness, unassignCase } from "#server/domain/assignment/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { facilityId, orgId, signedIn } from "#tests/actors.ts";
import { useTestDatabase } from "#tests/database.ts";
import { makeUnreadCase } from "#tests/factories/studies.ts";

/** What a lead sees while the group reads. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let lead: UserActor;
let ingrid: UserActor;
let kwame: UserActor;

before(async () => {
  Object.assign(process.env, { NODE_ENV: "test" });
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  ({ actor: lead } = await signedIn("lead@nightshift.example"));
  ({ actor: ingrid } = await signedIn("radiologist@nightshift.example"));
  ({ actor: kwame } = await signedIn("radiologist2@nightshift.example"));
  // Ingrid is on shift at all hours, Kwame on the roster and never on shift.
  for (const [{ userId }, from] of [
    [ingrid, "2020-01-01"],
    [kwame, "2090-01-01"],
  ] as const) {
    const group = await orgId("nightshift");
    await db.owner.query("DELETE FROM reader_shift WHERE user_id = $1", [userId]);
    await db.owner.query(
      `INSERT INTO reader_profile (user_id, org_id, off_roster) VALUES ($1, $2, false)
       ON CONFLICT (user_id) DO UPDATE SET off_roster = false`,
      [userId, group],
    );
    await db.owner.query(
      "INSERT INTO reader_shift (org_id, user_id, weekdays, starts, ends, time_zone, valid_from) VALUES ($1, $2, '{1,2,3,4,5,6,7}', '00:00', '00:00', 'UTC', $3)",
      [group, userId, from],
    );
  }
});
after(() => db.drop());

const board = () => withTenant(lead, (ctx) => readBoard(ctx));
const fairness = (hours?: number) => withTenant(lead, (ctx) => readFairness(ctx, FairnessOf.parse({ hours })));
const due = (caseId: string, minutes: number) =>
  db.owner.query("UPDATE reading_case SET due_at = clock_timestamp() + make_interval(mins => $2) WHERE id = $1", [
    caseId,
    minutes,
  ]);

test("the board has every open case with its place, its time and who has it, and every reader with where he is", async () => {
  const waiting = await makeUnreadCase(db.owner, { modality: "CT" });
  const claimed = await makeUnreadCase(db.owner, { modality: "MR" });
  await withTenant(ingrid, (ctx) => claimCase(ctx, { caseId: claimed.caseId }));
  const { cases, readers, facilities } = await board();
  const lakeside = await facilityId("lakeside-main");
  const shown = new Map(cases.map((each) => [each.caseId, each]));
  assert.deepEqual([shown.get(waiting.caseId)?.readerId, shown.get(waiting.caseId)?.facilityId], [null, lakeside]);
  const { readerId, modalities, hand } = shown.get(claimed.caseId) ?? {};
  assert.deepEqual([readerId, modalities, hand], [ingrid.userId, ["MR"], "reading"]);
  await withTenant(lead, (ctx) => assignCase(ctx, { caseId: waiting.caseId, readerId: kwame.userId }));
  const assigned = (await board()).cases.find(({ caseId }) => caseId === waiting.caseId);
  assert.deepEqual([assigned?.readerId, assigned?.hand], [kwame.userId, "assigned"]);
  await withTenant(lead, (ctx) => unassignCase(ctx, { caseId: waiting.caseId }));
  assert.match(facilities.find(({ id }) => id === lakeside)?.name ?? "", /Lakeside/);
  assert.deepEqual(
    readers.map(({ id, presence }) => [id, presence]).sort(),
    [
      [ingrid.userId, "on-shift"],
      [kwame.userId, "off-shift"],
    ].sort(),
  );
});

test("what nobody on shift gets to within the hour is said, with whom to call in", async () => {
  for (let n = 0; n < 12; n++) await due((await makeUnreadCase(db.owner, { modality: "CT" })).caseId, 20);
  const { late, helps } = await board();
  assert.ok(late.length > 0, "one reader does not read twelve CTs in twenty minutes");
  assert.ok(late.every(({ readers }) => readers === 2));
  assert.match(helps[0] ?? "", /^Call in Dr Kwame Mensah: \d+ cases more in time$/);
});

test("fairness is of work per hour on shift, of a shift or of a month", async () => {
  const { caseId } = await makeUnreadCase(db.owner, { modality: "CT" });
  const { claimToken } = await withTenant(ingrid, (ctx) => claimCase(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "Normal." }];
  await withTenant(ingrid, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  await withTenant(ingrid, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
  const { loads, fairness: even } = await fairness(8);
  const [own] = loads.filter(({ readerId }) => readerId === ingrid.userId);
  assert.deepEqual([own?.cases, own?.name], [1, "Dr Ingrid Solheim"]);
  assert.ok(Math.abs((own?.hours ?? 0) - 8) < 0.1, `${own?.hours} hours`);
  assert.deepEqual(even, { jain: 1, gini: 0 }, "who was not on shift is not compared");
  const month = await fairness(720);
  const hours = month.loads.find(({ readerId }) => readerId === ingrid.userId)?.hours ?? 0;
  assert.ok(Math.abs(hours - 720) < 1, `${hours} hours on shift in 720`);
});

test("the board is the lead's alone, and looking at it is on record", async () => {
  const refused = (error: unknown) => (error as { code?: string }).code === "auth.forbidden";
  await assert.rejects(
    withTenant(ingrid, (ctx) => readBoard(ctx)),
    refused,
  );
  await assert.rejects(
    withTenant(ingrid, (ctx) => readFairness(ctx, { hours: 8 })),
    refused,
  );
  const { rows } = await db.owner.query(
    "SELECT count(*)::int AS n FROM audit_read WHERE action = 'case.list' AND details->>'board' = 'true'",
  );
  assert.ok(rows[0].n >= 2);
});

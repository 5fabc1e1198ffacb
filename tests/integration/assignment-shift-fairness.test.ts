import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { SqlCtx, UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { ownPublishedShifts, publishedShifts, publishShifts } from "#server/domain/assignment/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { createLog } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import { orgId, signedIn } from "#tests/actors.ts";
import { useTestDatabase } from "#tests/database.ts";
import { makeUnreadCase } from "#tests/factories/studies.ts";
import { schedules } from "../../src/workers/schedules.ts";

/** How evenly the work of a shift was spread, published when it is over. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let lead: UserActor;
let ingrid: UserActor;
let kwame: UserActor;
let group: string;
const hourMs = 3_600_000;

before(async () => {
  Object.assign(process.env, { NODE_ENV: "test" });
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  ({ actor: lead } = await signedIn("lead@nightshift.example"));
  ({ actor: ingrid } = await signedIn("radiologist@nightshift.example"));
  ({ actor: kwame } = await signedIn("radiologist2@nightshift.example"));
  group = await orgId("nightshift");
  await db.owner.query("DELETE FROM reader_shift WHERE org_id = $1", [group]);
  for (const { userId } of [ingrid, kwame])
    await db.owner.query(
      `INSERT INTO reader_profile (user_id, org_id, off_roster) VALUES ($1, $2, false)
       ON CONFLICT (user_id) DO UPDATE SET off_roster = false`,
      [userId, group],
    );
});
after(() => db.drop());

async function onShift({ userId }: UserActor, from: number, until: number): Promise<string> {
  const { rows } = await db.owner.query(
    "INSERT INTO shift_change (org_id, user_id, kind, starts_at, ends_at) VALUES ($1, $2, 'extra', $3, $4) RETURNING id",
    [group, userId, new Date(from), new Date(until)],
  );
  return rows[0].id;
}
const endNow = async (ids: string[]): Promise<number> => {
  const { rows } = await db.owner.query(
    "UPDATE shift_change SET ends_at = date_trunc('milliseconds', clock_timestamp()) WHERE id = ANY($1) RETURNING ends_at AS at",
    [ids],
  );
  return rows[0].at.getTime();
};
async function sign(reader: UserActor): Promise<void> {
  const { caseId } = await makeUnreadCase(db.owner, { modality: "CT" });
  const { claimToken } = await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "Normal." }];
  await withTenant(reader, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
}
/** The product's own look at the clock, so many minutes from now. */
const publish = (inMinutes: number, then?: (ctx: SqlCtx) => unknown) =>
  withTenantSql(systemActor(group, "worker"), async (ctx) => {
    const published = await publishShifts({ ...ctx, now: new Date(Date.now() + inMinutes * 60_000) });
    await then?.(ctx);
    return published;
  });
const kept = async () =>
  (await db.owner.query("SELECT s.*, s.xmin::text FROM shift_fairness s ORDER BY ends_at, starts_at")).rows;
const close = (actual: number | null | undefined, wanted: number) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - wanted) < 0.01, `${actual}, not ${wanted}`);

test("a shift that is over is published once, whatever is killed and however many ask, and nothing changes it", async () => {
  const now = Date.now();
  const ids = [
    await onShift(ingrid, now - 2 * hourMs, now + hourMs),
    await onShift(kwame, now - 2 * hourMs, now + hourMs),
  ];
  for (let n = 0; n < 3; n++) await sign(ingrid);
  await sign(kwame);
  assert.equal(await publish(10), 0, "a shift that runs is not published");
  await endNow(ids.slice(0, 1));
  // Both have the very same shift.
  await db.owner.query(
    "UPDATE shift_change SET ends_at = (SELECT ends_at FROM shift_change WHERE id = $1) WHERE id = $2",
    ids,
  );
  assert.equal(await publish(1), 0, "a signature of the last moment may be on its way");

  await assert.rejects(
    publish(10, () => {
      throw new Error("killed");
    }),
    /killed/,
  );
  assert.deepEqual(await kept(), [], "what was killed has published nothing");
  await Promise.all([publish(10), publish(10), publish(10)]);
  assert.equal(await publish(10), 0);
  const [row, ...others] = await kept();
  assert.equal(others.length, 0, "the shift of two readers is one shift");
  assert.deepEqual([...row.reader_ids].sort(), [ingrid.userId, kwame.userId].sort());
  assert.deepEqual([row.readers, row.cases], [2, 4]);
  // Three cases to one in the same hours: (3 + 1)² / (2 · (9 + 1)), and the mean difference over twice the mean.
  close(row.jain, 0.8);
  close(row.gini, 0.25);

  await onShift(ingrid, Date.now() - hourMs, Date.now() + hourMs);
  await sign(ingrid);
  await db.owner.query("UPDATE shift_change SET ends_at = ends_at - interval '30 minutes' WHERE id = ANY($1)", [ids]);
  assert.equal(await publish(10), 0, "a roster that is changed afterwards makes no past shift");
  assert.deepEqual(await kept(), [row], "a later signature changes nothing");
  for (const sql of ["UPDATE shift_fairness SET jain = 1", "DELETE FROM shift_fairness", "TRUNCATE shift_fairness"])
    await assert.rejects(db.owner.query(sql), /append-only/i, sql);
});

test("who was there for a part of a shift counts with the hours he was there", async () => {
  await db.owner.query("UPDATE shift_change SET removed_at = now()");
  const now = Date.now();
  const long = await onShift(ingrid, now - 4 * hourMs, now + hourMs);
  const short = await onShift(kwame, now - hourMs, now + hourMs);
  await sign(kwame);
  const until = await endNow([long]);
  assert.equal(await publish(10), 1, "the other one's shift runs on");
  const row = (await kept()).at(-1);
  assert.deepEqual(row.reader_ids, [ingrid.userId]);
  const hours = (id: string) => row.loads.find((load: { readerId: string }) => load.readerId === id)?.hours;
  close(hours(ingrid.userId), (until - now) / hourMs + 4);
  close(hours(kwame.userId), (until - now) / hourMs + 1);
  assert.equal(row.readers, 2);
  await db.owner.query("UPDATE shift_change SET removed_at = now() WHERE id = $1", [short]);
});

test("the lead sees the shifts with everybody's names, a reader his own figures beside the group's, and others nothing", async () => {
  const all = await withTenant(lead, (ctx) => publishedShifts(ctx));
  assert.equal(all.length, 2);
  const together = all.at(-1)!;
  assert.deepEqual(together.loads.map(({ name }) => name).sort(), ["Dr Ingrid Solheim", "Dr Kwame Mensah"]);
  const mine = await withTenant(kwame, (ctx) => ownPublishedShifts(ctx));
  assert.equal(mine.length, 1, "the shift that was Ingrid's alone is not his");
  const [own] = mine;
  assert.deepEqual([own?.own.cases, own?.cases, own?.jain, own?.readers], [1, 4, together.jain, 2]);
  const rates = together.loads.map(({ workUnits, hours }) => workUnits / hours);
  close(own?.median, (rates[0]! + rates[1]!) / 2);
  assert.doesNotMatch(JSON.stringify(mine), new RegExp(`Ingrid|${ingrid.userId}`), "nobody else is in it");
  const refused = (error: unknown) => (error as { code?: string }).code === "auth.forbidden";
  await assert.rejects(
    withTenant(kwame, (ctx) => publishedShifts(ctx)),
    refused,
  );
  await assert.rejects(
    withTenant(lead, (ctx) => ownPublishedShifts(ctx)),
    refused,
  );
  for (const other of ["lakeside", "harbor"])
    await withTenantSql(systemActor(await orgId(other), "worker"), async ({ tx }) => {
      assert.deepEqual(await tx.$queryRaw<unknown[]>`SELECT 1 FROM shift_fairness`, [], other);
    });
});

test("the sweep publishes what ended while no worker ran, each shift once", async () => {
  const before = (await kept()).length;
  await db.owner.query("ALTER TABLE shift_fairness DISABLE TRIGGER USER");
  await db.owner.query("DELETE FROM shift_fairness");
  await db.owner.query("ALTER TABLE shift_fairness ENABLE TRIGGER USER");
  await db.owner.query("UPDATE shift_change SET removed_at = now()");
  assert.ok(before > 0);
  const now = Date.now();
  await onShift(ingrid, now - 20 * hourMs, now - 12 * hourMs);
  await onShift(kwame, now - 18 * hourMs, now - 12 * hourMs);
  await onShift(kwame, now - 4 * hourMs, now - hourMs);
  await onShift(kwame, now - 900 * hourMs, now - 890 * hourMs);
  const sweep = schedules(createLog("worker", "fatal")).find(({ name }) => name === "publish-shifts");
  const { signal } = new AbortController();
  await Promise.all([sweep?.run(signal), sweep?.run(signal)]);
  await sweep?.run(signal);
  const rows = await kept();
  assert.deepEqual(
    rows.map(({ starts_at, readers }) => [Math.round((now - starts_at.getTime()) / hourMs), readers]),
    [
      [20, 2],
      [18, 2],
      [4, 1],
    ],
  );
  assert.deepEqual(
    rows.map(({ jain, cases }) => [jain, cases]),
    [
      [1, 0],
      [1, 0],
      [1, 0],
    ],
    "nothing was read at all",
  );
});

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { closedSeconds, mostReserved } from "@overread/shared/reservation";
import { signOut } from "#server/auth/sign-out.ts";
import type { UserActor } from "#server/context.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import {
  cancelCase,
  casesWithLapsedClaim,
  claimCase,
  expireClaim,
  getCase,
  keepReserved,
  leaveReserved,
  nextCase,
  reserveCases,
  reservedCases,
  skipCase,
  unreserveCases,
} from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "../actors.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { makeUnreadCase } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let lead: UserActor;
let tech: UserActor;
/** In the order in which they are read. */
let cases: { caseId: string; orgId: string }[];

before(async () => {
  ({ db, solheim, mensah, lead, tech } = await useDemoPeople());
});
after(() => db.drop());
beforeEach(async () => {
  await db.owner.query(`UPDATE reading_case SET state = 'final', completed_at = now(), claimed_by_id = NULL, claimed_until = NULL, claimed_at = NULL,
       reserved_by_id = NULL, reserved_in = NULL, reserved_at = NULL, reserved_until = NULL WHERE state <> 'final'`);
  cases = [];
  for (const score of [100, 90, 80, 70, 60, 50]) {
    const made = await makeUnreadCase(db.owner);
    await db.owner.query("UPDATE reading_case SET priority_score = $2 WHERE id = $1", [made.caseId, score]);
    cases.push(made);
  }
});

const reserve = (actor: UserActor, count: number = mostReserved) =>
  withTenant(actor, (ctx) => reserveCases(ctx, { count }));
const unreserve = (actor: UserActor, which: { caseId?: string } = {}) =>
  withTenant(actor, (ctx) => unreserveCases(ctx, which));
const mine = async (actor: UserActor) =>
  (await withTenant(actor, (ctx) => reservedCases(ctx))).map(({ caseId }) => caseId);
const claim = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => claimCase(ctx, { caseId }));
const next = async (actor: UserActor) => (await withTenant(actor, (ctx) => nextCase(ctx)))?.caseId;
const seen = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => getCase(ctx, { caseId }));
const ids = (...at: number[]) => at.map((n) => cases[n]!.caseId);
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const lapse = (caseId: string) =>
  db.owner.query("UPDATE reading_case SET reserved_until = now() - interval '1 s' WHERE id = $1", [caseId]);
const trail = async (caseId: string) =>
  (
    await db.owner.query(
      "SELECT action, details FROM audit_event WHERE case_id = $1 AND action LIKE '%reserve' ORDER BY seq",
      [caseId],
    )
  ).rows as { action: string; details: Record<string, unknown> }[];

test("a reader keeps the next few cases: colleagues see whose they are, and are offered the ones after", async () => {
  await claim(solheim, ids(0)[0]!);
  assert.deepEqual(
    (await reserve(solheim)).map(({ caseId }) => caseId),
    ids(1, 2, 3),
  );
  assert.deepEqual(await mine(solheim), ids(1, 2, 3));
  assert.equal(await next(mensah), cases[4]!.caseId);
  assert.equal(await next(solheim), cases[1]!.caseId);
  const theirs = await seen(mensah, cases[1]!.caseId);
  assert.equal(theirs.reserved?.name, "Dr Ingrid Solheim");
  assert.deepEqual([theirs.next, theirs.can.claim, theirs.can.unreserve], [false, false, false]);
  const own = await seen(solheim, cases[1]!.caseId);
  assert.deepEqual([own.next, own.can.claim, own.can.unreserve], [true, true, true]);
  assert.equal((await seen(tech, cases[1]!.caseId)).reserved, null, "no affair of the hospital's");
  await assert.rejects(
    claim(mensah, cases[1]!.caseId),
    (error) =>
      error instanceof DomainError &&
      error.code === "case.reserved" &&
      error.details.reservedByName === "Dr Ingrid Solheim",
  );
});

test("what is kept is claimed by its reader like any other case, and is then kept no more", async () => {
  await reserve(solheim, 2);
  await claim(solheim, cases[0]!.caseId);
  assert.deepEqual(await mine(solheim), ids(1));
  assert.equal((await seen(mensah, cases[0]!.caseId)).claimedBy?.name, "Dr Ingrid Solheim");
  assert.equal((await seen(mensah, cases[0]!.caseId)).reserved, null);
});

test("nobody keeps more than a few, however many windows ask together", async () => {
  await Promise.all(Array.from({ length: 8 }, () => reserve(solheim)));
  assert.deepEqual(await mine(solheim), ids(0, 1, 2));
  assert.deepEqual(
    (await reserve(mensah)).map(({ caseId }) => caseId),
    ids(3, 4, 5),
  );
});

test("of everybody who keeps and claims the same cases at once, each case has one reader", async () => {
  const people = await db.owner.query<{ id: string }>(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     SELECT $1, 'keeper' || n || '@nightshift.example', 'Reader ' || n, 'Reader^' || n, '{radiologist}', '{}', '{}'
     FROM generate_series(1, 40) n RETURNING id`,
    [solheim.orgId],
  );
  const readers = people.rows.map(({ id }) => ({ ...solheim, userId: id }));
  await Promise.allSettled(
    readers.flatMap((reader, n): Promise<unknown>[] =>
      n % 2 ? [reserve(reader)] : cases.map(({ caseId }) => claim(reader, caseId)),
    ),
  );
  const { rows } = await db.owner.query(
    `SELECT id, claimed_by_id, reserved_by_id FROM reading_case WHERE id = ANY($1::uuid[])`,
    [cases.map(({ caseId }) => caseId)],
  );
  for (const row of rows)
    assert.equal([row.claimed_by_id, row.reserved_by_id].filter(Boolean).length, 1, "one of the two, and one reader");
  const events = await db.owner.query(
    `SELECT case_id, count(*)::int AS n FROM audit_event WHERE case_id = ANY($1::uuid[]) AND action IN ('case.claim', 'case.reserve') GROUP BY 1`,
    [cases.map(({ caseId }) => caseId)],
  );
  assert.ok(
    events.rows.every(({ n }) => n === 1),
    "nobody took what another had",
  );
});

test("STAT is kept for nobody, is read first, and what becomes STAT is free at once", async () => {
  await db.owner.query("UPDATE reading_case SET priority = 'stat' WHERE id = $1", [cases[1]!.caseId]);
  await reserve(solheim, 2);
  assert.deepEqual(await mine(solheim), ids(0, 2));
  assert.equal(await next(solheim), cases[1]!.caseId, "before what is kept");
  await db.owner.query("UPDATE reading_case SET priority = 'stat' WHERE id = $1", [cases[2]!.caseId]);
  assert.deepEqual(await mine(solheim), ids(0));
  await claim(mensah, cases[2]!.caseId);
});

test("the last window closes, and what was kept in it is free in a moment; a page that is loaded again keeps it", async () => {
  const elsewhere = (await signedIn("radiologist@nightshift.example")).actor;
  const leave = (actor: UserActor) => withTenant(actor, (ctx) => leaveReserved(ctx));
  const msLeft = async (caseId: string) =>
    (
      await db.owner.query(
        "SELECT extract(epoch FROM reserved_until - clock_timestamp()) * 1000 AS ms FROM reading_case WHERE id = $1",
        [caseId],
      )
    ).rows[0].ms as number;
  await reserve(solheim, 1);
  await reserve(elsewhere, 2);
  assert.deepEqual(await mine(solheim), ids(0, 1, 2), "one person, two sessions");
  await leave(elsewhere);
  assert.ok((await msLeft(ids(0)[0]!)) > closedSeconds * 1000, "another session's window is still open");
  for (const caseId of ids(1, 2)) assert.ok((await msLeft(caseId)) <= closedSeconds * 1000);
  await withTenant(elsewhere, (ctx) => keepReserved(ctx));
  for (const caseId of ids(1, 2)) assert.ok((await msLeft(caseId)) > closedSeconds * 1000, "loaded again");
  await leave(elsewhere);
  const jobs = await db.owner.query(
    "SELECT run_at < now() + interval '1 minute' AS soon FROM outbox_job WHERE name = 'claim.expire' AND payload->>'caseId' = $1 ORDER BY created_at",
    [ids(1)[0]],
  );
  assert.deepEqual(
    jobs.rows.map(({ soon }) => soon),
    [false, true, true],
    "the screens are told when it is free",
  );
  await unreserve(solheim);
  assert.deepEqual(await mine(elsewhere), [], "everything given back at once");
  await unreserve(solheim);
});

test("signing out frees what was kept, and so does every other end of a session", async () => {
  for (const end of [
    (actor: UserActor) => signOut(actor.sessionId),
    (actor: UserActor) => db.owner.query("UPDATE session SET revoked_at = now() WHERE id = $1", [actor.sessionId]),
  ]) {
    const elsewhere = (await signedIn("radiologist@nightshift.example")).actor;
    await reserve(elsewhere);
    assert.equal((await mine(solheim)).length, mostReserved);
    await end(elsewhere);
    assert.deepEqual(await mine(solheim), []);
    assert.equal(await next(mensah), cases[0]!.caseId);
  }
});

test("a browser that crashed gives no sign of life: its cases are free when the time is over, and the trail says so", async () => {
  await reserve(solheim, 1);
  const kept = cases[0]!;
  const system = systemActor(kept.orgId, "worker");
  await withTenant(system, (ctx) => expireClaim(ctx, kept));
  assert.deepEqual(await mine(solheim), ids(0), "too early: it stays");
  await lapse(kept.caseId);
  assert.equal(await next(mensah), kept.caseId, "the clock frees it, whether the job has run or not");
  assert.deepEqual(
    (await withMaintenance(casesWithLapsedClaim)).map(({ caseId }) => caseId),
    [kept.caseId],
    "a lost job is found",
  );
  await withTenant(solheim, (ctx) => keepReserved(ctx));
  assert.deepEqual(await mine(solheim), [], "what has lapsed is not revived");
  await withTenant(system, (ctx) => expireClaim(ctx, kept));
  await withTenant(system, (ctx) => expireClaim(ctx, kept));
  const events = await trail(kept.caseId);
  assert.deepEqual(
    events.map(({ action }) => action),
    ["case.reserve", "case.unreserve"],
  );
  assert.deepEqual(events[1]?.details, { lapsed: true, keptFor: solheim.userId });
  const jobs = await db.owner.query(
    "SELECT count(*)::int AS n FROM outbox_job WHERE name = 'claim.expire' AND payload->>'caseId' = $1",
    [kept.caseId],
  );
  assert.equal(jobs.rows[0].n, 2, "it was looked at again at the end of the reservation");
});

test("a reader at work keeps what is kept, but not for ever", async () => {
  await reserve(solheim, 1);
  const until = async () =>
    (await db.owner.query("SELECT reserved_until FROM reading_case WHERE id = $1", [cases[0]!.caseId])).rows[0]
      .reserved_until as Date;
  await db.owner.query("UPDATE reading_case SET reserved_until = now() + interval '1 minute' WHERE id = $1", [
    cases[0]!.caseId,
  ]);
  const soon = await until();
  await withTenant(solheim, (ctx) => keepReserved(ctx));
  assert.ok((await until()) > soon, "another while");
  await db.owner.query("UPDATE reading_case SET reserved_at = now() - interval '29 minutes' WHERE id = $1", [
    cases[0]!.caseId,
  ]);
  await withTenant(solheim, (ctx) => keepReserved(ctx));
  assert.ok((await until()).getTime() < Date.now() + 61_000, "half an hour in all");
});

test("the lead gives a kept case back and the trail names whose it was; a colleague may not", async () => {
  await reserve(solheim, 1);
  const { caseId } = cases[0]!;
  await assert.rejects(unreserve(mensah, { caseId }), refusedWith("auth.forbidden"));
  await assert.rejects(unreserve(tech, { caseId }), refusedWith("auth.forbidden"));
  assert.equal((await seen(lead, caseId)).can.unreserve, true);
  await unreserve(lead, { caseId });
  assert.deepEqual(await mine(solheim), []);
  assert.deepEqual((await trail(caseId)).at(-1)?.details, { takenFrom: solheim.userId });
  await unreserve(lead, { caseId });
  assert.equal((await trail(caseId)).length, 2, "nothing to give back: nothing on the trail");
});

test("what is skipped or withdrawn is not kept any longer, and what was skipped is not kept", async () => {
  await reserve(solheim, 2);
  await withTenant(solheim, (ctx) =>
    skipCase(ctx, { caseId: cases[0]!.caseId, reason: "Not one that I should read." }),
  );
  assert.deepEqual(await mine(solheim), ids(1));
  assert.equal(await next(mensah), cases[0]!.caseId);
  await withTenant(lead, (ctx) => cancelCase(ctx, { caseId: cases[1]!.caseId, reason: "Not needed." }));
  assert.deepEqual(await mine(solheim), []);
  assert.deepEqual(
    (await reserve(solheim)).map(({ caseId }) => caseId),
    ids(2, 3, 4),
    "the skipped one is passed over",
  );
});

test("only readers keep cases", async () => {
  for (const actor of [lead, tech]) {
    await assert.rejects(reserve(actor), refusedWith("auth.forbidden"));
    await assert.rejects(mine(actor), refusedWith("auth.forbidden"));
    await assert.rejects(unreserve(actor), refusedWith("auth.forbidden"));
  }
});

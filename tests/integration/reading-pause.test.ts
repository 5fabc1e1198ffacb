import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import pg from "pg";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import {
  arriveCase,
  cancelCase,
  claimCase,
  getCase,
  holdCase,
  listCases,
  nextCase,
  prioritizeCase,
  reinstateCase,
  resumeCase,
} from "#server/domain/reading/index.ts";
import { getReport, saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { liveChannel } from "#server/live/publish.ts";
import { systemActor } from "#server/system-actor.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { arrivedEarlier, makeArrivingCase, makeUnreadCase, stoppedEarlier } from "../factories/studies.ts";
import { eventually } from "../redis.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let lead: UserActor;
let tech: UserActor;
let admin: UserActor;
const heard: { topic: string; caseId?: string; orgIds: string[] }[] = [];
let ear: pg.Client;

before(async () => {
  ({ db, solheim, mensah, lead, tech, admin } = await useDemoPeople());
  ear = new pg.Client({ connectionString: db.ownerUrl });
  await ear.connect();
  ear.on("notification", ({ payload }) => heard.push(JSON.parse(payload ?? "{}")));
  await ear.query(`LISTEN ${liveChannel}`);
});
after(async () => {
  await ear.end();
  await db.drop();
});

const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const claim = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => claimCase(ctx, { caseId }));
const save = (actor: UserActor, caseId: string, claimToken: string, version = 0) =>
  withTenant(actor, (ctx) =>
    saveDraft(ctx, {
      caseId,
      claimToken,
      version,
      sections: [{ key: "impression", title: "Impression", text: `Words ${version}.` }],
    }),
  );
const hold = (actor: UserActor, caseId: string, claimToken?: string) =>
  withTenant(actor, (ctx) =>
    holdCase(ctx, { caseId, reason: "The lateral view is missing.", ...(claimToken ? { claimToken } : {}) }),
  );
const resume = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => resumeCase(ctx, { caseId }));
const cancel = (actor: UserActor, caseId: string) =>
  withTenant(actor, (ctx) => cancelCase(ctx, { caseId, reason: "Ordered twice." }));
const reinstate = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => reinstateCase(ctx, { caseId }));
const look = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => getCase(ctx, { caseId }));
const trail = async (caseId: string) =>
  (
    await db.owner.query<{ action: string; details: Record<string, unknown> }>(
      "SELECT action, details FROM audit_event WHERE case_id = $1 AND action ~ '^case.(hold|resume|cancel|reinstate)$' ORDER BY seq",
      [caseId],
    )
  ).rows;

test("a reader holds the case they read, with a reason both sides see; their old claim writes nothing more", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(solheim, caseId);
  await save(solheim, caseId, claimToken);
  heard.length = 0;
  assert.deepEqual(await hold(solheim, caseId, claimToken), { state: "held" });
  await eventually(
    () => heard.some((event) => event.topic === "case.changed" && event.caseId === caseId),
    "the announcement",
  );
  assert.deepEqual(heard.find((event) => event.caseId === caseId)?.orgIds.length, 2, "both organisations are told");
  for (const actor of [solheim, tech]) {
    const item = await look(actor, caseId);
    assert.equal(item.state, "held");
    assert.deepEqual([item.paused?.reason, item.paused?.by], ["The lateral view is missing.", "Dr Ingrid Solheim"]);
    assert.deepEqual([item.can.claim, item.can.hold, item.can.resume, item.can.sign], [false, false, true, false]);
    assert.equal(item.claimedBy, null);
  }
  await assert.rejects(save(solheim, caseId, claimToken, 1), refusedWith("case.claim-expired"));
  await assert.rejects(
    withTenant(solheim, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 })),
    refusedWith("case.claim-expired"),
  );
  await assert.rejects(claim(mensah, caseId), refusedWith("case.illegal-move"));
  assert.notEqual((await withTenant(mensah, nextCase))?.caseId, caseId);

  // The site has sent what was missing: its technologist says so, and the begun report is still begun.
  assert.deepEqual(await resume(tech, caseId), { state: "drafted" });
  const again = await claim(mensah, caseId);
  assert.equal(again.claimToken, "2");
  await assert.rejects(save(solheim, caseId, claimToken, 1), refusedWith("case.claim-expired"));
  assert.equal((await withTenant(mensah, (ctx) => getReport(ctx, { caseId }))).sections[0]?.text, "Words 0.");
  assert.equal((await look(solheim, caseId)).paused, null);
  assert.deepEqual(
    (await trail(caseId)).map(({ action, details }) => [action, details.from, details.to, details.reason]),
    [
      ["case.hold", "drafted", "held", "The lateral view is missing."],
      ["case.resume", "held", "drafted", undefined],
    ],
  );
});

test("nobody holds a case over the head of who is reading it; an expired or foreign claim holds nothing", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(solheim, caseId);
  for (const actor of [mensah, lead])
    await assert.rejects(hold(actor, caseId), (error: DomainError) => {
      assert.equal(error.code, "case.already-claimed");
      assert.equal(error.details.claimedByName, "Dr Ingrid Solheim");
      return true;
    });
  await assert.rejects(hold(mensah, caseId, claimToken), refusedWith("case.claim-expired"));
  await assert.rejects(hold(solheim, caseId, "9"), refusedWith("case.not-claimed"));
  await db.owner.query(
    "UPDATE reading_case SET claimed_until = clock_timestamp() - interval '1 second' WHERE id = $1",
    [caseId],
  );
  await assert.rejects(hold(solheim, caseId, claimToken), refusedWith("case.claim-expired"));
  assert.deepEqual(await hold(lead, caseId), { state: "held" });
  await assert.rejects(hold(lead, caseId), refusedWith("case.illegal-move"));
  for (const actor of [tech, admin]) await assert.rejects(hold(actor, caseId), refusedWith("auth.forbidden"));
});

test("while a case is held its clock stands still, and it is out of the order of the list", async () => {
  const { caseId, orgId } = await makeUnreadCase(db.owner, { requestedPriority: "STAT" });
  const due = async () => new Date((await look(solheim, caseId)).dueAt).getTime();
  await arrivedEarlier(db.owner, caseId, "50 minutes");
  const before = await due();
  await hold(lead, caseId);
  await stoppedEarlier(db.owner, caseId, "40 minutes");
  const system = systemActor(orgId, "worker");
  assert.equal((await withTenant(system, (ctx) => prioritizeCase(ctx, { caseId }))).score, 0);
  await resume(lead, caseId);
  const moved = (await due()) - before;
  assert.ok(moved >= 40 * 60_000 && moved < 41 * 60_000, `${moved} ms`);
  assert.ok((await withTenant(system, (ctx) => prioritizeCase(ctx, { caseId }))).score >= 1000);
  const { rows } = await db.owner.query(
    "SELECT 1 FROM outbox_job WHERE name = 'case.prioritize' AND collapse_key = $1 AND done_at IS NULL",
    [caseId],
  );
  assert.ok(rows.length > 0, "its place is computed anew");
});

test("a case that was held while it arrived comes back complete, with the whole of its time", async () => {
  const made = await makeArrivingCase(db.owner);
  await hold(lead, made.caseId);
  await stoppedEarlier(db.owner, made.caseId, "2 hours");
  await withTenant(systemActor(made.orgId, "test"), (ctx) => arriveCase(ctx, made));
  assert.equal((await look(lead, made.caseId)).state, "held", "images alone do not answer the question");
  assert.deepEqual(await resume(tech, made.caseId), { state: "unread" });
  const { dueAt } = await look(lead, made.caseId);
  const minutes = (new Date(dueAt).getTime() - Date.now()) / 60_000;
  assert.ok(Math.abs(minutes - 1440) < 2, `${minutes} minutes are left of a routine case's 1440`);
  const incomplete = await makeArrivingCase(db.owner);
  await hold(lead, incomplete.caseId);
  assert.deepEqual(await resume(lead, incomplete.caseId), { state: "arriving" });
});

test("the site or who distributes the cases withdraws one, also from its reader; the text stays and comes back with it", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(solheim, caseId);
  await save(solheim, caseId, claimToken);
  for (const actor of [solheim, tech]) await assert.rejects(cancel(actor, caseId), refusedWith("auth.forbidden"));
  assert.deepEqual(await cancel(admin, caseId), { state: "cancelled" });
  await assert.rejects(save(solheim, caseId, claimToken, 1), refusedWith("case.claim-expired"));
  await assert.rejects(claim(solheim, caseId), refusedWith("case.illegal-move"));
  const list = async (state?: "cancelled") =>
    (
      await withTenant(solheim, (ctx) =>
        listCases(ctx, { limit: 200, ...(state ? { filter: { state: [state] } } : {}) }),
      )
    ).items;
  assert.equal(
    (await list()).some((item) => item.caseId === caseId),
    false,
  );
  const shown = (await list("cancelled")).find((item) => item.caseId === caseId);
  assert.deepEqual([shown?.paused?.reason, shown?.paused?.by], ["Ordered twice.", "Mei Tanaka"]);
  await assert.rejects(cancel(lead, caseId), refusedWith("case.illegal-move"));

  assert.deepEqual(await reinstate(lead, caseId), { state: "drafted" });
  await assert.rejects(reinstate(lead, caseId), refusedWith("case.illegal-move"));
  const again = await claim(solheim, caseId);
  await save(solheim, caseId, again.claimToken, 1);
  await withTenant(solheim, (ctx) => signReport(ctx, { caseId, claimToken: again.claimToken, version: 2 }));
  for (const act of [cancel, hold]) await assert.rejects(act(lead, caseId), refusedWith("case.illegal-move"));
  const [withdrawn, back] = await trail(caseId);
  assert.deepEqual([withdrawn?.details.takenFrom, withdrawn?.details.reason], [solheim.userId, "Ordered twice."]);
  assert.equal(back?.action, "case.reinstate");
});

test("a held case may be withdrawn, and comes back to where it was held", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await hold(lead, caseId);
  await cancel(lead, caseId);
  assert.deepEqual(await reinstate(admin, caseId), { state: "unread" });
});

test("of a hold and a claim at the same moment one wins, and never both", async () => {
  for (let round = 0; round < 8; round++) {
    const { caseId } = await makeUnreadCase(db.owner);
    const [held, claimed] = await Promise.allSettled([hold(lead, caseId), claim(solheim, caseId)]);
    assert.notEqual(held.status, claimed.status);
    const item = await look(lead, caseId);
    assert.equal(item.state, held.status === "fulfilled" ? "held" : "claimed");
    assert.equal(item.claimedBy === null, held.status === "fulfilled");
  }
});

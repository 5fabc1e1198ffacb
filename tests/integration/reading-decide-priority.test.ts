import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import {
  applyOrders,
  cancelCase,
  decidePriority,
  getCase,
  prioritizeCase,
  undoPriority,
} from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { makeArrivingCase, makeUnreadCase } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let lead: UserActor;
let tech: UserActor;
before(async () => {
  ({ db, solheim, mensah, lead, tech } = await useDemoPeople());
});
after(() => db.drop());

const reason = "Neurology rang: thrombolysis.";
const decide = (actor: UserActor, caseId: string, priority: "stat" | "urgent" | "routine") =>
  withTenant(actor, (ctx) => decidePriority(ctx, { caseId, priority, reason }));
const undo = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => undoPriority(ctx, { caseId }));
const seen = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => getCase(ctx, { caseId }));
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const asProduct = (made: { orgId: string }) => systemActor(made.orgId, "worker");
const may = async (actor: UserActor, caseId: string) => {
  const { raisePriority, lowerPriority, undoPriority: back } = (await seen(actor, caseId)).can;
  return [raisePriority, lowerPriority, back];
};

test("a reader makes a case STAT: it is due as the contract says of STAT, and taken back it is due as before", async () => {
  const made = await makeUnreadCase(db.owner);
  const { caseId } = made;
  const before = await seen(solheim, caseId);
  assert.equal(before.priority, "routine");
  assert.deepEqual(await may(solheim, caseId), [true, false, false]);
  await decide(solheim, caseId, "stat");
  const stat = await seen(tech, caseId);
  assert.equal(stat.priority, "stat");
  assert.ok(new Date(stat.dueAt) < new Date(before.dueAt), "sooner");
  assert.deepEqual([stat.decided?.reason, stat.decided?.by], [reason, "Dr Ingrid Solheim"], "the hospital sees why");
  await withTenant(asProduct(made), (ctx) => prioritizeCase(ctx, { caseId }));
  assert.ok((await seen(solheim, caseId)).priorityScore > before.priorityScore, "and up the list");

  assert.deepEqual(await may(solheim, caseId), [false, false, true], "one's own is taken back");
  assert.deepEqual(await may(mensah, caseId), [false, false, false], "a colleague's is not");
  assert.deepEqual(await may(tech, caseId), [false, false, false]);
  await assert.rejects(undo(mensah, caseId), refusedWith("auth.forbidden"));
  assert.deepEqual(await undo(solheim, caseId), { priority: "routine" });
  const after = await seen(solheim, caseId);
  assert.deepEqual([after.priority, after.dueAt, after.decided], ["routine", before.dueAt, null]);
  await assert.rejects(undo(solheim, caseId), refusedWith("case.illegal-move"));
  const { rows } = await db.owner.query(
    "SELECT details FROM audit_event WHERE case_id = $1 AND action = 'case.decide-priority' ORDER BY seq",
    [caseId],
  );
  assert.deepEqual(
    rows.map(({ details }) => details),
    [
      { from: "routine", to: "stat", reason },
      { from: "stat", to: "routine", undone: true },
    ],
  );
  const jobs = await db.owner.query(
    "SELECT count(*)::int AS n FROM outbox_job WHERE name = 'case.prioritize' AND payload->>'caseId' = $1 AND run_at <= now() AND done_at IS NULL",
    [caseId],
  );
  assert.ok(jobs.rows[0].n >= 1, "its place on the list is computed at once");
});

test("only the lead makes a case less urgent", async () => {
  const { caseId } = await makeUnreadCase(db.owner, { requestedPriority: "STAT" });
  assert.equal((await seen(solheim, caseId)).priority, "stat");
  await assert.rejects(decide(solheim, caseId, "routine"), refusedWith("auth.forbidden"));
  await decide(lead, caseId, "urgent");
  assert.deepEqual(await may(lead, caseId), [true, true, true]);
  await undo(lead, caseId);
  assert.equal((await seen(lead, caseId)).priority, "stat");
  await assert.rejects(decide(tech, caseId, "routine"), refusedWith("auth.forbidden"));
});

test("what was decided outlasts the orders' next look, until the hospital asks for something else", async () => {
  const made = await makeUnreadCase(db.owner, { requestedPriority: "STAT" });
  const { caseId, studyId } = made;
  await decide(lead, caseId, "routine");
  const look = () => withTenant(asProduct(made), (ctx) => applyOrders(ctx, { studyIds: [studyId] }));
  await look();
  assert.equal((await seen(lead, caseId)).priority, "routine");
  await db.owner.query("UPDATE study SET requested_priority = 'MEDIUM' WHERE id = $1", [studyId]);
  await look();
  assert.equal((await seen(lead, caseId)).priority, "urgent", "asked anew: the more urgent of the two");
});

test("of two who decide the same together one is told that it is so already", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const outcomes = await Promise.allSettled([decide(solheim, caseId, "stat"), decide(mensah, caseId, "stat")]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  for (const outcome of outcomes)
    if (outcome.status === "rejected") assert.ok(refusedWith("case.illegal-move")(outcome.reason), outcome.reason);
});

test("what is arriving, withdrawn or signed has no priority to change", async () => {
  const arriving = await makeArrivingCase(db.owner);
  const cancelled = await makeUnreadCase(db.owner);
  await withTenant(lead, (ctx) => cancelCase(ctx, { caseId: cancelled.caseId, reason: "Ordered twice." }));
  const signed = await makeUnreadCase(db.owner);
  await db.owner.query("UPDATE reading_case SET state = 'final', completed_at = now() WHERE id = $1", [signed.caseId]);
  for (const { caseId } of [arriving, cancelled, signed]) {
    await assert.rejects(decide(lead, caseId, "stat"), refusedWith("case.illegal-move"));
    assert.deepEqual(await may(lead, caseId), [false, false, false]);
  }
});

test("who takes back a decision takes back the one that was seen, not what a colleague has decided since", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { decidedAt } = await decide(lead, caseId, "stat");
  const again = await decide(lead, caseId, "urgent");
  const undoOf = (at: string) => withTenant(lead, (ctx) => undoPriority(ctx, { caseId, decidedAt: at }));
  await assert.rejects(undoOf(decidedAt), refusedWith("case.illegal-move"));
  assert.equal((await seen(lead, caseId)).priority, "urgent");
  assert.equal((await seen(lead, caseId)).decided?.at, again.decidedAt);
  assert.deepEqual(await undoOf(again.decidedAt), { priority: "routine" });
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { snapshotSchema } from "#server/domain/assignment/engine/snapshot.ts";
import { fillSnapshot } from "#server/domain/assignment/fill-snapshot.ts";
import {
  acceptOffer,
  assignCase,
  claimByRules,
  declineCase,
  drawCase,
  myHand,
  unassignCase,
  whyMe,
} from "#server/domain/assignment/index.ts";
import { getCase } from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { as, assignmentDesk, drawn, given, offered } from "../assignment-desk.ts";
import { lapseClaim } from "../factories/studies.ts";

/** What rules and leads give out, and what becomes of it. */
const desk = assignmentDesk();
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;

test("without a rule every reader may claim every case, and a run changes nothing and keeps nothing", async () => {
  await desk.rule();
  const { caseId } = await desk.unread();
  assert.deepEqual(await desk.run(), { cases: 0, changes: 0, runId: null });
  assert.deepEqual(await desk.handOf(caseId), { to: null, as: null, rule: null, drawn: null });
  const item = await as(desk.people.solheim, (ctx) => getCase(ctx, { caseId }));
  assert.ok(item.can.claim && item.given === null && !item.drawn);
  await as(desk.people.solheim, (ctx) => claimByRules(ctx, { caseId }));
});

test("a rule offers a case to one reader: he sees it, another cannot claim it, and when he declines it goes to the next", async () => {
  await desk.rule(offered);
  const { caseId } = await desk.unread();
  const { changes } = await desk.run();
  assert.equal(changes, 1);
  const hand = await desk.handOf(caseId);
  assert.equal(hand.as, "offer");
  const [asked, next] = [desk.one(hand.to), desk.other(hand.to)];
  assert.deepEqual(
    (await as(asked, myHand)).offers.map((each) => each.caseId),
    [caseId],
  );
  assert.deepEqual((await as(next, myHand)).offers, []);
  const seen = await as(next, (ctx) => getCase(ctx, { caseId }));
  assert.equal(seen.given?.id, asked.userId);
  assert.ok(!seen.can.claim);
  await assert.rejects(
    as(next, (ctx) => claimByRules(ctx, { caseId })),
    refusedWith("case.given"),
  );
  assert.equal(
    (await as(desk.people.tech, (ctx) => getCase(ctx, { caseId }))).given,
    null,
    "not the hospital's affair",
  );

  await as(asked, (ctx) => declineCase(ctx, { caseId, reason: "Not my field of work." }));
  await assert.rejects(
    as(asked, (ctx) => declineCase(ctx, { caseId, reason: "Once more." })),
    refusedWith("case.not-given"),
  );
  await desk.run();
  assert.deepEqual(await desk.handOf(caseId), { to: next.userId, as: "offer", rule: "ask", drawn: null });
  await as(next, (ctx) => acceptOffer(ctx, { caseId }));
  assert.equal((await desk.handOf(caseId)).as, "assignment");
  await desk.run();
  assert.equal((await desk.handOf(caseId)).to, next.userId, "what was accepted stays his");
  const { rows } = await desk.db.owner.query(
    "SELECT action FROM audit_event WHERE case_id = $1 AND action = ANY(ARRAY['case.offer', 'case.decline', 'case.accept', 'case.unassign']) ORDER BY seq",
    [caseId],
  );
  assert.deepEqual(
    rows.map(({ action }) => action),
    ["case.offer", "case.unassign", "case.decline", "case.offer", "case.accept"],
  );
});

test("an offer that nobody answers in time goes to the next, and when all are asked whoever may claims it", async () => {
  await desk.rule(offered);
  const { caseId } = await desk.unread();
  await desk.run();
  const first = (await desk.handOf(caseId)).to;
  const runOut = () =>
    desk.db.owner.query("UPDATE reading_case SET given_until = clock_timestamp() - interval '1 second' WHERE id = $1", [
      caseId,
    ]);
  await runOut();
  await desk.run();
  const second = (await desk.handOf(caseId)).to;
  assert.equal(second, desk.other(first).userId);
  const { rows } = await desk.db.owner.query("SELECT user_id, reason FROM case_decline WHERE case_id = $1", [caseId]);
  assert.deepEqual(rows, [{ user_id: first, reason: "no-answer" }]);
  await runOut();
  await desk.run();
  assert.equal((await desk.handOf(caseId)).to, null);
  await as(desk.one(first), (ctx) => claimByRules(ctx, { caseId }));
});

test("a study that says nothing of modality or body part holds up nobody else's cases", async () => {
  await desk.rule(offered);
  const { caseId: odd } = await desk.unread();
  await desk.db.owner.query(
    "UPDATE study s SET modalities = NULL, acquired_modalities = '{}', body_parts = NULL FROM reading_case c WHERE c.study_ref = s.id AND c.id = $1",
    [odd],
  );
  const { caseId } = await desk.unread();
  await desk.run();
  assert.notEqual((await desk.handOf(caseId)).to, null);
  await as(desk.people.solheim, (ctx) => whyMe(ctx, { caseId: odd, timeZone: "UTC" }));
});

test("a lead assigns past every rule and takes it back; nobody is given what he must not read", async () => {
  await desk.rule(drawn);
  const { caseId } = await desk.unread();
  await desk.run();
  await as(desk.people.lead, (ctx) => assignCase(ctx, { caseId, readerId: desk.people.mensah.userId }));
  assert.deepEqual(await desk.handOf(caseId), {
    to: desk.people.mensah.userId,
    as: "assignment",
    rule: null,
    drawn: null,
  });
  await desk.run();
  assert.equal((await desk.handOf(caseId)).to, desk.people.mensah.userId, "no rule undoes what a person gave");
  await assert.rejects(
    as(desk.people.solheim, (ctx) => claimByRules(ctx, { caseId })),
    refusedWith("case.given"),
  );
  assert.equal(await as(desk.people.solheim, drawCase), null);
  await as(desk.people.lead, (ctx) => assignCase(ctx, { caseId, readerId: desk.people.solheim.userId }));
  // What a lead takes back is what he saw: another one's choice meanwhile stays.
  const { lead, mensah, solheim } = desk.people;
  for (const stale of [
    () => as(lead, (ctx) => unassignCase(ctx, { caseId, from: mensah.userId })),
    () => as(lead, (ctx) => assignCase(ctx, { caseId, readerId: solheim.userId, from: mensah.userId })),
  ])
    await assert.rejects(stale(), refusedWith("case.not-given"));
  assert.equal((await desk.handOf(caseId)).to, solheim.userId);
  await as(lead, (ctx) => unassignCase(ctx, { caseId, from: solheim.userId }));
  await assert.rejects(
    as(lead, (ctx) => unassignCase(ctx, { caseId })),
    refusedWith("case.not-given"),
  );
  await desk.run();
  assert.equal((await desk.handOf(caseId)).drawn, "draw", "the rules are asked anew");
  await assert.rejects(
    as(desk.people.lead, (ctx) => assignCase(ctx, { caseId, readerId: randomUUID() })),
    refusedWith("user.not-found"),
  );
  await as(desk.people.mensah, drawCase);
  await assert.rejects(
    as(desk.people.lead, (ctx) => assignCase(ctx, { caseId, readerId: desk.people.solheim.userId })),
    refusedWith("case.already-claimed"),
  );
});

test("what a person gave stays his when the lease ends, what a rule gave goes to whoever the rules name then", async () => {
  await desk.rule(given);
  const byRule = await desk.unread();
  const byLead = await desk.unread();
  await as(desk.people.lead, (ctx) => assignCase(ctx, { caseId: byLead.caseId, readerId: desk.people.mensah.userId }));
  await desk.run();
  const his = desk.one((await desk.handOf(byRule.caseId)).to);
  await as(his, (ctx) => claimByRules(ctx, byRule));
  await as(desk.people.mensah, (ctx) => claimByRules(ctx, byLead));
  const system = systemActor(byRule.orgId, "test");
  const { expireClaim } = await import("#server/domain/reading/index.ts");
  for (const { caseId } of [byRule, byLead]) {
    await lapseClaim(desk.db.owner, caseId);
    await withTenant(system, (ctx) => expireClaim(ctx, { caseId }));
  }
  assert.equal((await desk.handOf(byRule.caseId)).to, null);
  assert.equal((await desk.handOf(byLead.caseId)).to, desk.people.mensah.userId);
});

test("cases of one patient, and of one order, go to one reader", async () => {
  await desk.rule(given);
  const first = await desk.unread({ patientId: "SAME-PATIENT" });
  await desk.run();
  const his = (await desk.handOf(first.caseId)).to;
  const others = [await desk.unread(), await desk.unread({ patientId: "SAME-PATIENT" }), await desk.unread()];
  await desk.run();
  assert.equal((await desk.handOf(others[1]?.caseId ?? "")).to, his);
  const { snapshot } = await withTenantSql(systemActor(desk.people.solheim.orgId, "test"), ({ tx }) =>
    fillSnapshot(tx, desk.people.solheim.orgId),
  );
  snapshotSchema.parse(snapshot);
  const order = await desk.db.owner.query(
    `INSERT INTO imaging_order (org_id, facility_id, patient_id, patient_name, procedure_description)
     SELECT org_id, facility_id, 'P', 'X^Y', 'CT' FROM reading_case WHERE id = $1 RETURNING id, org_id`,
    [first.caseId],
  );
  const linked = await desk.unread();
  for (const { studyId } of [first, linked])
    await desk.db.owner.query(
      "INSERT INTO order_match (order_id, study_ref, org_id, reader_org_id) VALUES ($1, $2, $3, $4)",
      [order.rows[0].id, studyId, order.rows[0].org_id, desk.people.solheim.orgId],
    );
  await desk.run();
  assert.equal((await desk.handOf(linked.caseId)).to, his);
});

test("what a reader keeps to read it next is his: no rule offers it to another", async () => {
  await desk.rule(offered);
  const { caseId } = await desk.unread();
  await desk.db.owner.query(
    "UPDATE reading_case SET reserved_by_id = $2, reserved_in = gen_random_uuid(), reserved_at = now(), reserved_until = now() + interval '10 minutes' WHERE id = $1",
    [caseId, desk.people.mensah.userId],
  );
  await desk.run();
  assert.equal((await desk.handOf(caseId)).to, null);
  await as(desk.people.mensah, (ctx) => claimByRules(ctx, { caseId }));
});

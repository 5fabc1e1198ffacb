import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { createSession, findSession } from "#server/auth/session.ts";
import type { UserActor } from "#server/context.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import type { Rule } from "#server/domain/assignment/engine/rules.ts";
import { snapshotSchema } from "#server/domain/assignment/engine/snapshot.ts";
import { fillSnapshot } from "#server/domain/assignment/fill-snapshot.ts";
import {
  acceptOffer,
  assignCase,
  claimByRules,
  declineCase,
  drawCase,
  myHand,
  replayRun,
  runAssignment,
  traceCase,
  unassignCase,
  whyMe,
} from "#server/domain/assignment/index.ts";
import { claimCase, getCase, holdCase, releaseClaim, resumeCase, skipCase } from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { limitConcurrency } from "../../src/workers/batch-calls.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { aRule } from "../factories/assignment.ts";
import { copyUnreadCase, lapseClaim, makeUnreadCase, type StudyWish } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let lead: UserActor;
let tech: UserActor;
before(async () => {
  ({ db, solheim, mensah, lead, tech } = await useDemoPeople());
});
after(() => db.drop());
/** Each test has the group for itself: what others left open is signed for them. */
beforeEach(async () => {
  await db.owner.query(
    "UPDATE reading_case SET state = 'final', completed_at = now(), given_to_id = NULL, given_as = NULL, given_at = NULL, given_until = NULL WHERE completed_at IS NULL",
  );
  await db.owner.query("DELETE FROM outbox_job WHERE name = 'assignment.run'");
  await see(solheim, mensah);
});

const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const as = <T>(
  actor: UserActor,
  verb: (ctx: Parameters<Parameters<typeof withTenant<UserActor, T>>[1]>[0]) => Promise<T>,
) => withTenant(actor, verb);
const run = () => withTenantSql(systemActor(solheim.orgId, "test"), runAssignment);

/** They have just been seen at the portal. */
async function see(...people: UserActor[]): Promise<void> {
  await db.owner.query("UPDATE session SET last_seen_at = now() WHERE user_id = ANY($1)", [
    people.map(({ userId }) => userId),
  ]);
}
let version = 0;
async function rule(...rules: Rule[]): Promise<void> {
  const sheet = rules.map((each) => ({ name: each.id, on: true, rule: each }));
  await db.owner.query(
    "INSERT INTO assignment_rule_set (org_id, version, sheet, saved_by_id) VALUES ($1, $2, $3, $4)",
    [solheim.orgId, ++version, JSON.stringify(sheet), lead.userId],
  );
}
const offered = aRule({ id: "ask", mode: { kind: "push", acceptSeconds: 120 } });
const given = aRule({ id: "give", mode: { kind: "push", acceptSeconds: null } });
const drawn = aRule({ id: "draw", mode: { kind: "draw" } });

const unread = (wish: StudyWish = {}) => makeUnreadCase(db.owner, wish);
async function handOf(
  caseId: string,
): Promise<{ to: string | null; as: string | null; rule: string | null; drawn: string | null }> {
  const { rows } = await db.owner.query(
    `SELECT given_to_id AS "to", given_as AS "as", given_rule_id AS rule, drawn_rule_id AS drawn FROM reading_case WHERE id = $1`,
    [caseId],
  );
  return rows[0];
}
const other = (userId: string | null): UserActor => (userId === solheim.userId ? mensah : solheim);
const one = (userId: string | null): UserActor => (userId === solheim.userId ? solheim : mensah);

test("without a rule every reader may claim every case, and a run changes nothing and keeps nothing", async () => {
  await rule();
  const { caseId } = await unread();
  assert.deepEqual(await run(), { cases: 0, changes: 0, runId: null });
  assert.deepEqual(await handOf(caseId), { to: null, as: null, rule: null, drawn: null });
  const item = await as(solheim, (ctx) => getCase(ctx, { caseId }));
  assert.ok(item.can.claim && item.given === null && !item.drawn);
  await as(solheim, (ctx) => claimByRules(ctx, { caseId }));
});

test("a rule offers a case to one reader: he sees it, another cannot claim it, and when he declines it goes to the next", async () => {
  await rule(offered);
  const { caseId } = await unread();
  const { changes } = await run();
  assert.equal(changes, 1);
  const hand = await handOf(caseId);
  assert.equal(hand.as, "offer");
  const [asked, next] = [one(hand.to), other(hand.to)];
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
  assert.equal((await as(tech, (ctx) => getCase(ctx, { caseId }))).given, null, "not the hospital's affair");

  await as(asked, (ctx) => declineCase(ctx, { caseId, reason: "Not my field of work." }));
  await assert.rejects(
    as(asked, (ctx) => declineCase(ctx, { caseId, reason: "Once more." })),
    refusedWith("case.not-given"),
  );
  await run();
  assert.deepEqual(await handOf(caseId), { to: next.userId, as: "offer", rule: "ask", drawn: null });
  await as(next, (ctx) => acceptOffer(ctx, { caseId }));
  assert.equal((await handOf(caseId)).as, "assignment");
  await run();
  assert.equal((await handOf(caseId)).to, next.userId, "what was accepted stays his");
  const { rows } = await db.owner.query(
    "SELECT action FROM audit_event WHERE case_id = $1 AND action = ANY(ARRAY['case.offer', 'case.decline', 'case.accept', 'case.unassign']) ORDER BY seq",
    [caseId],
  );
  assert.deepEqual(
    rows.map(({ action }) => action),
    ["case.offer", "case.unassign", "case.decline", "case.offer", "case.accept"],
  );
});

test("an offer that nobody answers in time goes to the next, and when all are asked whoever may claims it", async () => {
  await rule(offered);
  const { caseId } = await unread();
  await run();
  const first = (await handOf(caseId)).to;
  const runOut = () =>
    db.owner.query("UPDATE reading_case SET given_until = clock_timestamp() - interval '1 second' WHERE id = $1", [
      caseId,
    ]);
  await runOut();
  await run();
  const second = (await handOf(caseId)).to;
  assert.equal(second, other(first).userId);
  const { rows } = await db.owner.query("SELECT user_id, reason FROM case_decline WHERE case_id = $1", [caseId]);
  assert.deepEqual(rows, [{ user_id: first, reason: "no-answer" }]);
  await runOut();
  await run();
  assert.equal((await handOf(caseId)).to, null);
  await as(one(first), (ctx) => claimByRules(ctx, { caseId }));
});

test("the time of an offer is planned as a run of its own, once", async () => {
  await rule(offered);
  const { caseId } = await unread();
  for (const what of ["with the offer itself", "and not again"]) {
    await run();
    const { rows } = await db.owner.query(
      `SELECT o.run_at = c.given_until + interval '1 ms' AS "atItsEnd" FROM outbox_job o, reading_case c
       WHERE o.name = 'assignment.run' AND o.run_at > now() AND o.done_at IS NULL AND c.id = $1`,
      [caseId],
    );
    assert.deepEqual(rows, [{ atItsEnd: true }], what);
  }
});

test("a study that says nothing of modality or body part holds up nobody else's cases", async () => {
  await rule(offered);
  const { caseId: odd } = await unread();
  await db.owner.query(
    "UPDATE study s SET modalities = NULL, acquired_modalities = '{}', body_parts = NULL FROM reading_case c WHERE c.study_ref = s.id AND c.id = $1",
    [odd],
  );
  const { caseId } = await unread();
  await run();
  assert.notEqual((await handOf(caseId)).to, null);
  await as(solheim, (ctx) => whyMe(ctx, { caseId: odd, timeZone: "UTC" }));
});

test("every event of a case asks the rules, once for each group", async () => {
  const { caseId } = await unread();
  const asked = async (act: () => Promise<unknown>) => {
    await db.owner.query("DELETE FROM outbox_job WHERE name = 'assignment.run'");
    await act();
    const { rows } = await db.owner.query("SELECT org_id FROM outbox_job WHERE name = 'assignment.run'");
    assert.deepEqual([...new Set(rows.map(({ org_id }) => org_id))], [solheim.orgId]);
  };
  await asked(() => unread());
  let claimToken = "";
  await asked(async () => {
    ({ claimToken } = await as(solheim, (ctx) => claimCase(ctx, { caseId })));
  });
  await asked(() => as(solheim, (ctx) => releaseClaim(ctx, { caseId, claimToken })));
  await asked(() => as(solheim, (ctx) => skipCase(ctx, { caseId, reason: "Not my field of work." })));
  await asked(() => as(lead, (ctx) => holdCase(ctx, { caseId, reason: "Images of the other knee" })));
  await asked(() => as(lead, (ctx) => resumeCase(ctx, { caseId })));
});

test("a case is only ever drawn where a rule says so: browsing is refused, drawing claims the most urgent", async () => {
  await rule(drawn);
  const later = await unread();
  const stat = await unread({ requestedPriority: "STAT" });
  await assert.rejects(
    as(solheim, (ctx) => claimByRules(ctx, later)),
    refusedWith("case.drawn"),
    "also before a run has looked at it",
  );
  assert.equal(await as(solheim, drawCase), null, "nothing was decided yet");
  await run();
  assert.equal((await handOf(later.caseId)).drawn, "draw");
  const item = await as(solheim, (ctx) => getCase(ctx, later));
  assert.ok(item.drawn && !item.can.claim);
  await assert.rejects(
    as(solheim, (ctx) => claimByRules(ctx, later)),
    refusedWith("case.drawn"),
  );
  assert.ok((await as(solheim, myHand)).draws);
  const first = await as(solheim, drawCase);
  assert.equal(first?.caseId, stat.caseId);
  const second = await as(mensah, drawCase);
  assert.equal(second?.caseId, later.caseId);
  assert.equal(await as(solheim, drawCase), null);
  // Back again, it is drawn as before, also by who gave it back.
  await as(mensah, (ctx) => releaseClaim(ctx, { caseId: later.caseId, claimToken: second?.claimToken ?? "" }));
  assert.equal((await as(solheim, drawCase))?.caseId, later.caseId);
});

test("a lead assigns past every rule and takes it back; nobody is given what he must not read", async () => {
  await rule(drawn);
  const { caseId } = await unread();
  await run();
  await as(lead, (ctx) => assignCase(ctx, { caseId, readerId: mensah.userId }));
  assert.deepEqual(await handOf(caseId), { to: mensah.userId, as: "assignment", rule: null, drawn: null });
  await run();
  assert.equal((await handOf(caseId)).to, mensah.userId, "no rule undoes what a person gave");
  await assert.rejects(
    as(solheim, (ctx) => claimByRules(ctx, { caseId })),
    refusedWith("case.given"),
  );
  assert.equal(await as(solheim, drawCase), null);
  await as(lead, (ctx) => assignCase(ctx, { caseId, readerId: solheim.userId }));
  await as(lead, (ctx) => unassignCase(ctx, { caseId }));
  await assert.rejects(
    as(lead, (ctx) => unassignCase(ctx, { caseId })),
    refusedWith("case.not-given"),
  );
  await run();
  assert.equal((await handOf(caseId)).drawn, "draw", "the rules are asked anew");
  await assert.rejects(
    as(lead, (ctx) => assignCase(ctx, { caseId, readerId: randomUUID() })),
    refusedWith("user.not-found"),
  );
  await as(mensah, drawCase);
  await assert.rejects(
    as(lead, (ctx) => assignCase(ctx, { caseId, readerId: solheim.userId })),
    refusedWith("case.already-claimed"),
  );
});

test("what a person gave stays his when the lease ends, what a rule gave goes to whoever the rules name then", async () => {
  await rule(given);
  const byRule = await unread();
  const byLead = await unread();
  await as(lead, (ctx) => assignCase(ctx, { caseId: byLead.caseId, readerId: mensah.userId }));
  await run();
  const his = one((await handOf(byRule.caseId)).to);
  await as(his, (ctx) => claimByRules(ctx, byRule));
  await as(mensah, (ctx) => claimByRules(ctx, byLead));
  const system = systemActor(byRule.orgId, "test");
  const { expireClaim } = await import("#server/domain/reading/index.ts");
  for (const { caseId } of [byRule, byLead]) {
    await lapseClaim(db.owner, caseId);
    await withTenant(system, (ctx) => expireClaim(ctx, { caseId }));
  }
  assert.equal((await handOf(byRule.caseId)).to, null);
  assert.equal((await handOf(byLead.caseId)).to, mensah.userId);
});

test("a case that a rule gives others is refused with the reason, as code and in words", async () => {
  await rule(aRule({ id: "others", readers: { readerIds: [mensah.userId], groupIds: [] }, exclusive: true }));
  const { caseId } = await unread();
  await run();
  await assert.rejects(
    as(solheim, (ctx) => claimByRules(ctx, { caseId })),
    (error) =>
      error instanceof DomainError && error.code === "case.barred" && error.details.reasons === "rule.names-others",
  );
  const mine = await as(solheim, (ctx) => whyMe(ctx, { caseId, timeZone: "Europe/Berlin" }));
  assert.equal(mine.stand, "barred");
  assert.match(mine.words, /The rule others names others/);
  const trace = await as(lead, (ctx) => traceCase(ctx, { caseId, timeZone: "Europe/Berlin" }));
  const [first] = trace.readers;
  assert.deepEqual([first?.readerId, first?.stand], [mensah.userId, "may"]);
  const barred = trace.readers.find(({ readerId }) => readerId === solheim.userId);
  assert.deepEqual(
    [barred?.stand, barred?.findings[0]?.code, barred?.assignable],
    ["barred", "rule.names-others", true],
  );
  await as(mensah, (ctx) => claimByRules(ctx, { caseId }));
  await assert.rejects(
    as(solheim, (ctx) => traceCase(ctx, { caseId, timeZone: "UTC" })),
    refusedWith("auth.forbidden"),
    "no reader is told of his colleagues",
  );
});

test("the reader is told why a case is his", async () => {
  await rule(given);
  const { caseId } = await unread();
  await run();
  const his = one((await handOf(caseId)).to);
  const why = await as(his, (ctx) => whyMe(ctx, { caseId, timeZone: "UTC" }));
  assert.equal(why.given?.as, "assignment");
  assert.ok((why.given?.wishes.length ?? 0) > 0);
  assert.match(why.words, /^Assigned to you by the rule give: .+\.$/);
});

test("cases of one patient, and of one order, go to one reader", async () => {
  await rule(given);
  const first = await unread({ patientId: "SAME-PATIENT" });
  await run();
  const his = (await handOf(first.caseId)).to;
  const others = [await unread(), await unread({ patientId: "SAME-PATIENT" }), await unread()];
  await run();
  assert.equal((await handOf(others[1]?.caseId ?? "")).to, his);
  const { snapshot } = await withTenantSql(systemActor(solheim.orgId, "test"), ({ tx }) =>
    fillSnapshot(tx, solheim.orgId),
  );
  snapshotSchema.parse(snapshot);
  const order = await db.owner.query(
    `INSERT INTO imaging_order (org_id, facility_id, patient_id, patient_name, procedure_description)
     SELECT org_id, facility_id, 'P', 'X^Y', 'CT' FROM reading_case WHERE id = $1 RETURNING id, org_id`,
    [first.caseId],
  );
  const linked = await unread();
  for (const { studyId } of [first, linked])
    await db.owner.query(
      "INSERT INTO order_match (order_id, study_ref, org_id, reader_org_id) VALUES ($1, $2, $3, $4)",
      [order.rows[0].id, studyId, order.rows[0].org_id, solheim.orgId],
    );
  await run();
  assert.equal((await handOf(linked.caseId)).to, his);
});

test("what a reader keeps to read it next is his: no rule offers it to another", async () => {
  await rule(offered);
  const { caseId } = await unread();
  await db.owner.query(
    "UPDATE reading_case SET reserved_by_id = $2, reserved_in = gen_random_uuid(), reserved_at = now(), reserved_until = now() + interval '10 minutes' WHERE id = $1",
    [caseId, mensah.userId],
  );
  await run();
  assert.equal((await handOf(caseId)).to, null);
  await as(mensah, (ctx) => claimByRules(ctx, { caseId }));
});

test("a run that is played again answers the same, byte for byte", async () => {
  await rule(offered, aRule({ id: "rest", mode: { kind: "draw" } }));
  for (let n = 0; n < 5; n++) await unread();
  const { runId } = await run();
  assert.ok(runId);
  const replay = await withMaintenance((tx) => replayRun(tx, runId));
  assert.ok(replay.same && replay.kept === replay.replayed && replay.cases === 5);
  await assert.rejects(
    withMaintenance((tx) => replayRun(tx, randomUUID())),
    refusedWith("assignment-run.not-found"),
  );
});

test("two who run the same group at once, and one who is killed, give each case once", async () => {
  await rule(offered);
  const cases: string[] = [];
  for (let n = 0; n < 12; n++) cases.push((await unread({ requestedPriority: "STAT" })).caseId);
  const killed = db.owner.connect();
  const client = await killed;
  // A worker that has decided and is gone before it commits.
  await client.query("BEGIN");
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`assignment ${solheim.orgId}`]);
  await client.query(
    "UPDATE reading_case SET given_to_id = $2, given_as = 'assignment', given_at = now() WHERE id = $1",
    [cases[0], mensah.userId],
  );
  const runs = Array.from({ length: 6 }, run);
  client.release(new Error("killed"));
  const reports = await Promise.all(runs);
  assert.equal(
    reports.reduce((sum, { changes }) => sum + changes, 0),
    12,
  );
  const { rows } = await db.owner.query(
    "SELECT case_id, count(*)::int AS n FROM audit_event WHERE action = 'case.offer' AND case_id = ANY($1) GROUP BY 1",
    [cases],
  );
  assert.equal(rows.length, 12);
  assert.ok(rows.every(({ n }) => n === 1));
});

test("of a claim and an offer that happen together one decides", async () => {
  await rule(offered);
  for (let round = 0; round < 10; round++) {
    const { caseId } = await unread();
    const [claimed] = await Promise.allSettled([as(solheim, (ctx) => claimCase(ctx, { caseId })), run()]);
    const { to } = await handOf(caseId);
    if (claimed?.status === "fulfilled")
      assert.ok(to === null || to === solheim.userId, "nobody else has what he claimed");
    else assert.equal(to, mensah.userId);
    await db.owner.query("UPDATE reading_case SET state = 'final', completed_at = now() WHERE id = $1", [caseId]);
  }
});

test("200 readers who claim and draw 200 cases at once get each a case of his own", { timeout: 240_000 }, async () => {
  await rule(
    aRule({ id: "half", when: [{ field: "modality", op: "any-of", values: ["MR"] }], mode: { kind: "draw" } }),
  );
  const people = await db.owner.query<{ id: string }>(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     SELECT $1, 'crowd' || n || '@nightshift.example', 'Reader ' || n, 'Reader^' || n, '{radiologist}', '{}', '{}'
     FROM generate_series(1, 200) n RETURNING id`,
    [solheim.orgId],
  );
  const crowd: UserActor[] = [];
  for (const { id } of people.rows) {
    const actor = await findSession(await createSession(id, solheim.orgId));
    if (actor) crowd.push(actor);
  }
  const first = await unread({ modality: "CT" });
  const open = [first.caseId, ...(await copyUnreadCase(db.owner, first.caseId, { count: 99, modality: "CT" }))];
  await copyUnreadCase(db.owner, first.caseId, { count: 100, modality: "MR" });
  await run();
  const started = performance.now();
  const inFlight = limitConcurrency(8);
  const got = await Promise.all(
    crowd.map((actor, n) =>
      inFlight(async () => {
        if (n % 2) return (await as(actor, drawCase))?.caseId ?? null;
        // Two want the same case; who comes second goes down the list.
        const from = Math.floor(n / 4) * 2;
        for (const caseId of [...open.slice(from), ...open.slice(0, from)]) {
          const claim = await as(actor, (ctx) => claimByRules(ctx, { caseId })).catch((error: unknown) => {
            if (error instanceof DomainError && error.code === "case.already-claimed") return null;
            throw error;
          });
          if (claim) return caseId;
        }
        return null;
      }),
    ),
  );
  console.log(`200 cases claimed and drawn in ${Math.round(performance.now() - started)} ms`);
  assert.ok(got.every(Boolean));
  assert.equal(new Set(got).size, 200);
  const { rows } = await db.owner.query(
    "SELECT count(*)::int AS cases, count(DISTINCT claimed_by_id)::int AS readers FROM reading_case WHERE completed_at IS NULL AND claimed_by_id IS NOT NULL",
  );
  assert.deepEqual(rows, [{ cases: 200, readers: 200 }]);
});

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import type { Rule } from "#server/domain/assignment/engine/rules.ts";
import {
  acceptOffer,
  claimByRules,
  colleaguesFor,
  declineCase,
  handOverCase,
  myHand,
  runAssignment,
  takeBackCase,
} from "#server/domain/assignment/index.ts";
import { getCase, releaseClaim } from "#server/domain/reading/index.ts";
import { getReport, saveDraft, signPreliminary, signReport, takeOverDraft } from "#server/domain/reporting/index.ts";
import { systemActor } from "#server/system-actor.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { aRule } from "../factories/assignment.ts";
import { makeUnreadCase, type StudyWish } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let mensah: UserActor;
let lead: UserActor;
let tech: UserActor;
before(async () => {
  ({ db, solheim, mensah, lead, tech } = await useDemoPeople());
});
after(() => db.drop());
beforeEach(async () => {
  await db.owner.query(
    "UPDATE reading_case SET state = 'final', completed_at = now(), given_to_id = NULL, given_as = NULL, given_at = NULL, given_until = NULL WHERE completed_at IS NULL",
  );
  await db.owner.query("DELETE FROM notice");
  await db.owner.query("UPDATE session SET last_seen_at = now()");
  await rule();
});

const refusedWith = (code: string, reasons?: string) => (error: unknown) =>
  error instanceof DomainError && error.code === code && (reasons === undefined || error.details.reasons === reasons);
const as = <T>(
  actor: UserActor,
  verb: (ctx: Parameters<Parameters<typeof withTenant<UserActor, T>>[1]>[0]) => Promise<T>,
) => withTenant(actor, verb);
const run = () => withTenantSql(systemActor(solheim.orgId, "test"), runAssignment);
let version = 0;
async function rule(...rules: Rule[]): Promise<void> {
  const sheet = rules.map((each) => ({ name: each.id, on: true, rule: each }));
  await db.owner.query(
    "INSERT INTO assignment_rule_set (org_id, version, sheet, saved_by_id) VALUES ($1, $2, $3, $4)",
    [solheim.orgId, ++version, JSON.stringify(sheet), lead.userId],
  );
}

const note = "Sagittals still to come; so far no bleeding.";
const words = [
  { key: "findings", title: "Findings", text: "No bleeding on the axial images." },
  { key: "impression", title: "Impression", text: "No bleeding." },
];
/** A case that Solheim reads, with words in it. */
async function begun(wish: StudyWish = {}): Promise<{ caseId: string; claimToken: string }> {
  const { caseId } = await makeUnreadCase(db.owner, wish);
  const { claimToken } = await as(solheim, (ctx) => claimByRules(ctx, { caseId }));
  await as(solheim, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections: words }));
  return { caseId, claimToken };
}
const give = (held: { caseId: string; claimToken: string }, toId: string | null) =>
  as(solheim, (ctx) => handOverCase(ctx, { ...held, toId, note }));
const seenBy = (actor: UserActor, caseId: string) => as(actor, (ctx) => getCase(ctx, { caseId }));
async function noticesOf({ userId }: UserActor): Promise<{ kind: string; params: unknown; case_id: string }[]> {
  const { rows } = await db.owner.query("SELECT kind, params, case_id FROM notice WHERE user_id = $1 ORDER BY at", [
    userId,
  ]);
  return rows;
}
/** His next shift begins so many hours from now; it is the only one he has. */
async function shiftIn(hours: number, { userId, orgId }: UserActor): Promise<void> {
  await db.owner.query("DELETE FROM reader_shift WHERE user_id = $1", [userId]);
  await db.owner.query(
    `INSERT INTO shift_change (org_id, user_id, kind, starts_at, ends_at, by_id)
     VALUES ($1, $2, 'extra', now() + make_interval(hours => $3), now() + make_interval(hours => $3 + 8), $2)`,
    [orgId, userId, hours],
  );
}

test("a reader hands his case to a colleague with a note: it is offered to him, he takes the draft over, and the report names both", async () => {
  const held = await begun();
  const { caseId } = held;
  const before = await seenBy(solheim, caseId);
  assert.ok(before.can.handOver);
  const { until } = await give(held, mensah.userId);
  assert.ok(until);
  const seen = await seenBy(mensah, caseId);
  assert.deepEqual(seen.handover, {
    from: { id: solheim.userId, name: solheim.displayName },
    to: { id: mensah.userId, name: mensah.displayName },
    note,
    at: seen.handover?.at,
  });
  assert.deepEqual([seen.given?.as, seen.given?.by, seen.given?.byRule], ["offer", solheim.displayName, false]);
  assert.equal(seen.dueAt, before.dueAt, "its clock runs on");
  assert.equal(seen.draft?.id, solheim.userId);
  assert.equal((await seenBy(tech, caseId)).handover, null, "not the hospital's affair");
  assert.deepEqual(
    (await as(mensah, myHand)).offers.map((each) => each.caseId),
    [caseId],
  );
  assert.deepEqual(await noticesOf(mensah), [
    { kind: "case-handed-over", params: { priority: "routine" }, case_id: caseId },
  ]);
  await assert.rejects(
    as(solheim, (ctx) => claimByRules(ctx, { caseId })),
    refusedWith("case.given"),
  );
  await run();
  assert.equal((await seenBy(mensah, caseId)).given?.as, "offer", "no rule undoes it");

  await as(mensah, (ctx) => acceptOffer(ctx, { caseId }));
  assert.deepEqual(
    [(await seenBy(mensah, caseId)).given?.as, (await seenBy(mensah, caseId)).given?.by],
    ["assignment", solheim.displayName],
  );
  await assert.rejects(
    as(solheim, (ctx) => takeBackCase(ctx, { caseId })),
    refusedWith("case.given"),
    "not once it is accepted",
  );
  const { claimToken } = await as(mensah, (ctx) => claimByRules(ctx, { caseId }));
  await assert.rejects(
    as(mensah, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 })),
    refusedWith("report.draft-of-another"),
  );
  const { version: own } = await as(mensah, (ctx) => takeOverDraft(ctx, { caseId, claimToken, version: 1 }));
  await as(mensah, (ctx) => signReport(ctx, { caseId, claimToken, version: own }));
  const report = await as(mensah, (ctx) => getReport(ctx, { caseId }));
  const text = report.versions[0]?.sections.map((section) => section.text).join("\n") ?? "";
  assert.ok(text.includes(solheim.displayName) && text.includes(mensah.displayName), text);
  const { rows } = await db.owner.query(
    "SELECT action, details FROM audit_event WHERE case_id = $1 AND action = ANY(ARRAY['case.hand-over', 'case.accept', 'report.take-over-draft']) ORDER BY seq",
    [caseId],
  );
  assert.deepEqual(
    rows.map(({ action }) => action),
    ["case.hand-over", "case.accept", "report.take-over-draft"],
  );
  assert.equal(rows[0].details.givenTo, mensah.userId);
  assert.ok(!JSON.stringify(rows).includes("Sagittals"), "what they tell each other is not on the trail");
});

test("until it is accepted its reader takes it back, under a new claim, and the note is gone", async () => {
  for (const toId of [mensah.userId, null]) {
    const held = await begun();
    const { caseId } = held;
    await give(held, toId);
    await assert.rejects(
      as(mensah, (ctx) => takeBackCase(ctx, { caseId })),
      refusedWith("case.not-given"),
      "it was not his",
    );
    const { claimToken } = await as(solheim, (ctx) => takeBackCase(ctx, { caseId }));
    assert.notEqual(claimToken, held.claimToken);
    const seen = await seenBy(solheim, caseId);
    assert.ok(seen.mine && seen.handover === null && seen.given === null);
    await assert.rejects(
      as(mensah, (ctx) => acceptOffer(ctx, { caseId })),
      refusedWith("case.not-given"),
    );
    await assert.rejects(give(held, null), refusedWith("case.claim-expired"), "an older claim hands nothing over");
  }
});

test("what a colleague has taken is nobody's to take back, also when he has let go of it again", async () => {
  for (const toId of [mensah.userId, null]) {
    const held = await begun();
    const { caseId } = held;
    await give(held, toId);
    if (toId) await as(mensah, (ctx) => acceptOffer(ctx, { caseId }));
    const { claimToken } = await as(mensah, (ctx) => claimByRules(ctx, { caseId }));
    await as(mensah, (ctx) => releaseClaim(ctx, { caseId, claimToken }));
    assert.equal((await seenBy(lead, caseId)).state, "drafted");
    await assert.rejects(
      as(solheim, (ctx) => takeBackCase(ctx, { caseId })),
      refusedWith("case.not-given"),
      "it is on the list again, by whose rules and caps it is had",
    );
  }
});

test("handed over to whoever is free it is claimed by a colleague who reads the note, and no rule gives it back", async () => {
  await rule(aRule({ id: "give", mode: { kind: "push", acceptSeconds: null } }));
  await db.owner.query("UPDATE session SET last_seen_at = now() - interval '1 day' WHERE user_id = $1", [
    mensah.userId,
  ]);
  const held = await begun();
  await give(held, null);
  await run();
  const seen = await seenBy(mensah, held.caseId);
  assert.equal(seen.given, null, "its own draft does not bring it back to him");
  assert.equal(seen.handover?.note, note);
  await as(mensah, (ctx) => claimByRules(ctx, held));
  await assert.rejects(
    as(solheim, (ctx) => takeBackCase(ctx, held)),
    refusedWith("case.already-claimed"),
  );
});

test("whoever handed it over is told when the colleague declines, and when he does not answer", async () => {
  const declined = await begun();
  await give(declined, mensah.userId);
  await as(mensah, (ctx) => declineCase(ctx, { caseId: declined.caseId, reason: "My shift ends too." }));
  const silent = await begun();
  await give(silent, mensah.userId);
  await db.owner.query("UPDATE reading_case SET given_until = clock_timestamp() - interval '1 second' WHERE id = $1", [
    silent.caseId,
  ]);
  await run();
  assert.deepEqual(await noticesOf(solheim), [
    { kind: "handover-not-taken", params: {}, case_id: declined.caseId },
    { kind: "handover-not-taken", params: {}, case_id: silent.caseId },
  ]);
  const seen = await seenBy(lead, silent.caseId);
  assert.equal(seen.given, null);
  assert.equal(seen.handover?.note, note, "whoever has it next still reads it");
});

test("only who may read it can be chosen, and the list says what is in the way of the others", async () => {
  const { caseId, claimToken } = await begun();
  const list = (caseId: string) => as(solheim, (ctx) => colleaguesFor(ctx, { caseId, timeZone: "UTC" }));
  const him = async (caseId: string) => (await list(caseId)).find(({ readerId }) => readerId === mensah.userId);
  assert.ok((await list(caseId)).every(({ readerId }) => readerId !== solheim.userId));
  assert.equal((await him(caseId))?.mayHave, true);
  await assert.rejects(
    as(mensah, (ctx) => colleaguesFor(ctx, { caseId, timeZone: "UTC" })),
    refusedWith("case.not-claimed"),
  );
  await assert.rejects(give({ caseId, claimToken }, lead.userId), refusedWith("user.not-found"), "no reader");

  await rule(aRule({ id: "his", readers: { readerIds: [solheim.userId], groupIds: [] }, exclusive: true }));
  assert.deepEqual(
    [(await him(caseId))?.mayHave, (await him(caseId))?.words.startsWith("The rule his names others")],
    [false, true],
  );
  await assert.rejects(give({ caseId, claimToken }, mensah.userId), refusedWith("case.barred", "rule.names-others"));
  assert.ok((await seenBy(solheim, caseId)).mine, "a refused handover leaves it where it was");
});

test("a preliminary report is not handed over to whoever signed it", async () => {
  const { caseId } = await makeUnreadCase(db.owner, {});
  const first = await as(mensah, (ctx) => claimByRules(ctx, { caseId }));
  await as(mensah, (ctx) => saveDraft(ctx, { caseId, claimToken: first.claimToken, version: 0, sections: words }));
  await as(mensah, (ctx) => signPreliminary(ctx, { caseId, claimToken: first.claimToken, version: 1 }));
  const { claimToken } = await as(solheim, (ctx) => claimByRules(ctx, { caseId }));
  await assert.rejects(give({ caseId, claimToken }, mensah.userId), refusedWith("case.barred", "conflict.same-reader"));
  await give({ caseId, claimToken }, null);
  assert.equal((await seenBy(lead, caseId)).state, "preliminary");
});

test("a colleague whose shift begins later is asked from then on, unless the case cannot wait", async () => {
  await shiftIn(2, mensah);
  const routine = await begun();
  const { until } = await give(routine, mensah.userId);
  const hours = (new Date(until ?? 0).getTime() - Date.now()) / 3_600_000;
  assert.ok(hours > 2.9 && hours < 3.1, String(hours));
  await run();
  assert.equal((await seenBy(mensah, routine.caseId)).given?.id, mensah.userId, "kept until he comes");
  const stat = await begun({ requestedPriority: "STAT" });
  await assert.rejects(give(stat, mensah.userId), refusedWith("case.barred", "shift.off"));
  const late = await begun();
  await db.owner.query("UPDATE reading_case SET due_at = now() + interval '1 hour' WHERE id = $1", [late.caseId]);
  await assert.rejects(give(late, mensah.userId), refusedWith("case.barred", "shift.off"));
});

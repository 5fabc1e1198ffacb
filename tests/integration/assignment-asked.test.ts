import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession } from "#server/auth/session.ts";
import { signOut } from "#server/auth/sign-out.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { assignCase, groupsWithRules } from "#server/domain/assignment/index.ts";
import { claimCase, holdCase, releaseClaim, resumeCase, skipCase } from "#server/domain/reading/index.ts";
import { signedIn } from "../actors.ts";
import { as, assignmentDesk, given, offered } from "../assignment-desk.ts";

/** What has the rules asked: every event that can change the answer. */
const desk = assignmentDesk();

test("the sweep looks at groups that have rules or have given something, and at no others", async () => {
  const { solheim, lead, mensah } = desk.people;
  const groups = async () => (await withMaintenance(groupsWithRules)).map(({ orgId }) => orgId);
  // Before anybody has written a rule.
  const { caseId } = await desk.unread();
  assert.deepEqual(await groups(), []);
  await as(lead, (ctx) => assignCase(ctx, { caseId, readerId: mensah.userId }));
  assert.deepEqual(await groups(), [solheim.orgId], "a person gave it");
  await desk.db.owner.query("UPDATE reading_case SET state = 'final', completed_at = now() WHERE id = $1", [caseId]);
  assert.deepEqual(await groups(), [], "what is signed is nobody's any more");
  await desk.db.owner.query("UPDATE reading_case SET state = 'cancelled', completed_at = NULL WHERE id = $1", [caseId]);
  assert.deepEqual(await groups(), [], "nor what is cancelled");
  await desk.rule(offered);
  assert.deepEqual(await groups(), [solheim.orgId]);
  const again = await desk.unread();
  await as(lead, (ctx) => assignCase(ctx, { caseId: again.caseId, readerId: mensah.userId }));
  assert.deepEqual(await groups(), [solheim.orgId], "once");
});

test("every event of a case asks the rules, once for each group", async () => {
  const { caseId } = await desk.unread();
  const asked = async (act: () => Promise<unknown>) => {
    await desk.db.owner.query("DELETE FROM outbox_job WHERE name = 'assignment.run'");
    await act();
    const { rows } = await desk.db.owner.query("SELECT org_id FROM outbox_job WHERE name = 'assignment.run'");
    assert.deepEqual([...new Set(rows.map(({ org_id }) => org_id))], [desk.people.solheim.orgId]);
  };
  await asked(() => desk.unread());
  let claimToken = "";
  await asked(async () => {
    ({ claimToken } = await as(desk.people.solheim, (ctx) => claimCase(ctx, { caseId })));
  });
  await asked(() => as(desk.people.solheim, (ctx) => releaseClaim(ctx, { caseId, claimToken })));
  await asked(() => as(desk.people.solheim, (ctx) => skipCase(ctx, { caseId, reason: "Not my field of work." })));
  await asked(() => as(desk.people.lead, (ctx) => holdCase(ctx, { caseId, reason: "Images of the other knee" })));
  await asked(() => as(desk.people.lead, (ctx) => resumeCase(ctx, { caseId })));
});

test("who signs in, comes back or is signed out asks the rules; who reads nothing, and a group without rules, do not", async () => {
  const { solheim } = desk.people;
  const { owner } = desk.db;
  await desk.rule(offered);
  const { sessionId } = (await signedIn("radiologist@nightshift.example")).actor;
  const { rows } = await owner.query(
    `WITH quiet AS (INSERT INTO organization (slug, name, kind) VALUES ('quiet', 'Quiet', 'reading_group') RETURNING id)
     INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     SELECT id, 'somebody@quiet.example', 'Somebody', 'Some^Body', '{radiologist}', '{}', '{}' FROM quiet RETURNING id, org_id AS org`,
  );
  const seen = (ago: string) =>
    owner.query("UPDATE session SET last_seen_at = now() - $2::interval WHERE id = $1", [sessionId, ago]);
  const asks = async (what: string, act: () => Promise<unknown>, wanted = [solheim.orgId]) => {
    await desk.forgetAsked();
    await act();
    assert.deepEqual(await desk.asked(), wanted, what);
  };
  await asks("signs in", () => signedIn("radiologist@nightshift.example"));
  await asks("is seen again at once", () => seen("-1 minute"), []);
  await seen("11 minutes");
  await asks("comes back after a while", () => seen("0"));
  await asks("signs out", () => signOut(sessionId));
  await asks("is signed out already", () => signOut(sessionId), []);
  await asks("a lead reads nothing", () => signedIn("lead@nightshift.example"), []);
  await asks("a hospital's technologist", () => signedIn("tech@lakeside.example"), []);
  await asks("a group without rules", () => createSession(rows[0].id, rows[0].org), []);
});

test("a reader who comes on shift gets what waits: the moment is planned when his shift is saved", async () => {
  const { solheim, mensah } = desk.people;
  await desk.db.owner.query("UPDATE session SET last_seen_at = now() - interval '11 minutes' WHERE user_id = $1", [
    mensah.userId,
  ]);
  await desk.rule(given);
  await desk.db.owner.query(
    "INSERT INTO reader_profile (user_id, org_id, off_roster) VALUES ($1, $2, false) ON CONFLICT (user_id) DO UPDATE SET off_roster = false",
    [solheim.userId, solheim.orgId],
  );
  const { caseId } = await desk.unread();
  await desk.run();
  assert.equal((await desk.handOf(caseId)).to, null);
  const from = new Date(Date.now() + 3_600_000);
  await desk.db.owner.query(
    "INSERT INTO shift_change (org_id, user_id, kind, starts_at, ends_at) VALUES ($1, $2, 'extra', $3, $4)",
    [solheim.orgId, solheim.userId, from, new Date(from.getTime() + 3_600_000)],
  );
  await desk.forgetAsked();
  await desk.run();
  const { rows } = await desk.db.owner.query(
    "SELECT run_at AS at FROM outbox_job WHERE name = 'assignment.run' AND run_at > now() AND done_at IS NULL",
  );
  assert.deepEqual(
    rows.map(({ at }) => Math.round((at.getTime() - from.getTime()) / 1000)),
    [0],
  );
  await desk.db.owner.query("UPDATE shift_change SET starts_at = now() - interval '1 minute' WHERE user_id = $1", [
    solheim.userId,
  ]);
  await desk.run();
  assert.equal((await desk.handOf(caseId)).to, solheim.userId);
});

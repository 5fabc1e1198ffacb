import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { noticeInWords } from "@overread/shared/notice-words/en";
import type { UserActor } from "#server/context.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { listNotices } from "#server/domain/notices/index.ts";
import { answerQuestion, askSite, getCase, remindSites, sitesThatOwe } from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/** A site that does not answer a reader's question is reminded of it. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let tech: UserActor;
let foreignAdmin: UserActor;

before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  tech = (await signedIn("tech@lakeside.example")).actor;
  foreignAdmin = (await signedIn("admin@harbor.example")).actor;
});
after(() => db.drop());

const minuteMs = 60_000;
const ask = (caseId: string, text = "Which side?") =>
  withTenant(reader, (ctx) => askSite(ctx, { caseId, text, stopsClock: false }));
const answer = (caseId: string) => withTenant(tech, (ctx) => answerQuestion(ctx, { caseId, text: "The left one." }));
/** What the worker does, so many minutes from now. */
const lookAfter = (minutes: number, orgId = tech.orgId) =>
  withTenantSql(systemActor(orgId, "worker"), (ctx) =>
    remindSites({ ...ctx, now: new Date(ctx.now.getTime() + minutes * minuteMs) }),
  );
const reminders = async (actor: UserActor, caseId: string) =>
  (await withTenant(actor, listNotices)).items.filter(
    (item) => item.kind === "question-open" && item.caseId === caseId,
  );
const said = async (actor: UserActor, caseId: string) =>
  (await reminders(actor, caseId)).map((item) => item.params as { minutes: number; held: boolean });
/** A case that is promised within a day. */
const askedCase = async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await db.owner.query("UPDATE reading_case SET promised_minutes = 1440 WHERE id = $1", [caseId]);
  await ask(caseId);
  return caseId;
};

test("the site is reminded after its facility's time, and after two, four and eight times as long, once each", async () => {
  const caseId = await askedCase();
  assert.ok((await withMaintenance(sitesThatOwe)).includes(tech.orgId));
  assert.deepEqual(await lookAfter(59), []);
  for (const [minutes, told] of [
    [61, 1],
    [62, 1],
    [121, 2],
    [241, 3],
    [481, 4],
    [5000, 4],
  ] as const) {
    await Promise.all([lookAfter(minutes), lookAfter(minutes)]);
    assert.equal((await said(tech, caseId)).length, told, `after ${minutes} minutes`);
  }
  assert.deepEqual(await reminders(reader, caseId), [], "nobody of the reading group");
  assert.deepEqual(await reminders(foreignAdmin, caseId), []);
  const [newest] = await reminders(tech, caseId);
  assert.deepEqual(noticeInWords(newest!), {
    title: "A reader's question has waited 8 hours for an answer",
    text: "Answer it on the case, before it is read without the answer.",
  });
});

test("after hours in which no worker ran it is reminded once, of what has passed by then", async () => {
  const caseId = await askedCase();
  await lookAfter(300);
  assert.deepEqual(await said(tech, caseId), [{ minutes: 300, held: false }]);
  await lookAfter(301);
  assert.equal((await said(tech, caseId)).length, 1);
});

test("nothing is told of what is answered, what was told is done with, and a further question counts anew", async () => {
  const caseId = await askedCase();
  await lookAfter(61);
  const { waiting } = await withTenant(tech, listNotices);
  await answer(caseId);
  assert.equal((await withTenant(tech, listNotices)).waiting, waiting - 1, "nothing is left to be seen");
  assert.equal((await reminders(tech, caseId))[0]!.over, true);
  await lookAfter(300);
  assert.equal((await said(tech, caseId)).length, 1);
  await ask(caseId, "And how long ago?");
  await lookAfter(59);
  assert.equal((await said(tech, caseId)).length, 1);
  await lookAfter(61);
  assert.equal((await said(tech, caseId)).length, 2);
});

test("a second question before the answer is the same wait, and both sides see since when", async () => {
  const caseId = await askedCase();
  const before = (await withTenant(reader, (ctx) => getCase(ctx, { caseId }))).questionSince;
  assert.ok(before && Math.abs(Date.parse(before) - Date.now()) < 600_000);
  await lookAfter(61);
  await ask(caseId, "And how long ago?");
  assert.equal((await withTenant(tech, (ctx) => getCase(ctx, { caseId }))).questionSince, before);
  await lookAfter(62);
  assert.equal((await said(tech, caseId)).length, 1);
  await answer(caseId);
  assert.equal((await withTenant(reader, (ctx) => getCase(ctx, { caseId }))).questionSince, null);
});

test("what is promised sooner is reminded of sooner, and a facility that wants none gets none", async () => {
  const urgent = await askedCase();
  await db.owner.query("UPDATE reading_case SET promised_minutes = 30 WHERE id = $1", [urgent]);
  assert.ok(!(await lookAfter(14)).includes(urgent));
  assert.ok((await lookAfter(16)).includes(urgent));
  const withdrawn = await askedCase();
  await db.owner.query(
    "UPDATE reading_case SET state = 'cancelled', paused_from = 'unread', paused_at = now() WHERE id = $1",
    [withdrawn],
  );
  const quiet = await askedCase();
  await db.owner.query("UPDATE facility SET question_reminder_minutes = 0 WHERE org_id = $1", [tech.orgId]);
  const told = await lookAfter(5000);
  assert.ok(!told.includes(quiet) && !told.includes(withdrawn));
});

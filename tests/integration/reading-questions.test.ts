import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import {
  AskSite,
  answerQuestion,
  askSite,
  claimCase,
  getCase,
  listCases,
  resumeCase,
} from "#server/domain/reading/index.ts";
import { saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { arrivedEarlier, makeUnreadCase, stoppedEarlier } from "../factories/studies.ts";

/** What a reader asks the site, and what the site answers. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let colleague: UserActor;
let tech: UserActor;
let foreignAdmin: UserActor;

before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  colleague = (await signedIn("radiologist2@nightshift.example")).actor;
  tech = (await signedIn("tech@lakeside.example")).actor;
  foreignAdmin = (await signedIn("admin@harbor.example")).actor;
});
after(() => db.drop());

const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const claim = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => claimCase(ctx, { caseId }));
const ask = (
  actor: UserActor,
  caseId: string,
  wish: { text?: string; stopsClock?: boolean; claimToken?: string } = {},
) =>
  withTenant(actor, (ctx) => askSite(ctx, AskSite.parse({ caseId, text: "Which side?", stopsClock: false, ...wish })));
const answer = (actor: UserActor, caseId: string, text = "The left one.") =>
  withTenant(actor, (ctx) => answerQuestion(ctx, { caseId, text }));
const seen = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => getCase(ctx, { caseId }));
const asked = async (actor: UserActor) => {
  const { items, counts } = await withTenant(actor, (ctx) => listCases(ctx, { filter: { list: "asked" }, limit: 200 }));
  assert.equal(items.length, counts.asked, "the list and the number beside its name");
  return items.map(({ caseId }) => caseId);
};

test("a question stands beside the case on both sides until the site has answered, and the clock runs on", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { dueAt } = await seen(reader, caseId);
  await ask(reader, caseId);
  for (const side of [reader, tech]) {
    assert.ok((await asked(side)).includes(caseId));
    const { question, state, messages } = await seen(side, caseId);
    assert.deepEqual([question, state], ["asked", "unread"]);
    assert.deepEqual(
      messages.map(({ kind, text, by }) => [kind, text, by]),
      [["question", "Which side?", reader.displayName]],
    );
  }
  assert.equal((await seen(tech, caseId)).can.answer, true);
  assert.deepEqual(await answer(tech, caseId), { answered: true, resumed: false });
  const after = await seen(reader, caseId);
  assert.equal(after.question, "answered");
  assert.equal(after.dueAt, dueAt);
  assert.deepEqual(after.messages.map(({ kind, text, by }) => [kind, text, by]).at(-1), [
    "answer",
    "The left one.",
    tech.displayName,
  ]);
  assert.ok(!(await asked(tech)).includes(caseId));
});

test("a question that stops the clock holds the case, and the answer brings it back with the time it stood", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await arrivedEarlier(db.owner, caseId, "1 hour");
  const { claimToken } = await claim(reader, caseId);
  const before = await seen(reader, caseId);
  await ask(reader, caseId, { stopsClock: true, claimToken });
  assert.equal((await seen(reader, caseId)).state, "held");
  await stoppedEarlier(db.owner, caseId, "20 minutes");
  assert.deepEqual(await answer(tech, caseId), { answered: true, resumed: true });
  const after = await seen(reader, caseId);
  assert.equal(after.state, "unread");
  const moved = (new Date(after.dueAt).getTime() - new Date(before.dueAt).getTime()) / 60_000;
  assert.ok(Math.abs(moved - 20) < 1, `due ${moved} minutes later`);
});

test("an answer resumes no case that was taken up again meanwhile", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await ask(reader, caseId, { stopsClock: true });
  await withTenant(reader, (ctx) => resumeCase(ctx, { caseId }));
  await claim(reader, caseId);
  assert.deepEqual(await answer(tech, caseId), { answered: true, resumed: false });
  assert.equal((await seen(reader, caseId)).state, "claimed");
});

test("of two who answer together one does, and the other is told that nothing is asked any more", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await ask(reader, caseId, { stopsClock: true });
  const results = await Promise.allSettled([answer(tech, caseId, "Left."), answer(tech, caseId, "Right.")]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.equal((await seen(reader, caseId)).messages.length, 2);
  await assert.rejects(answer(tech, caseId), refusedWith("case.illegal-move"));
});

test("who does not read the case does not ask over the head of who does, and nobody asks about what is signed", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const { claimToken } = await claim(reader, caseId);
  await assert.rejects(ask(colleague, caseId), refusedWith("case.already-claimed"));
  assert.equal((await seen(colleague, caseId)).can.ask, false);
  const sections = [{ key: "impression", title: "Impression", text: "No fracture." }];
  await withTenant(reader, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version: 1 }));
  await assert.rejects(ask(reader, caseId), refusedWith("case.illegal-move"));
});

test("the other hospital reads and answers nothing, and what was said is never changed", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await ask(reader, caseId);
  await assert.rejects(answer(foreignAdmin, caseId), refusedWith("case.not-found"));
  const rows = await withTenant(
    foreignAdmin,
    ({ tx }) => tx.$queryRaw<unknown[]>`SELECT 1 FROM case_message WHERE case_id = ${caseId}::uuid`,
  );
  assert.deepEqual(rows, []);
  await assert.rejects(db.owner.query("UPDATE case_message SET text = 'x' WHERE case_id = $1", [caseId]));
  await assert.rejects(db.owner.query("DELETE FROM case_message WHERE case_id = $1", [caseId]));
});

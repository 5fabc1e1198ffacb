import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { noticeInWords } from "@overread/shared/notice-words/en";
import { noticeKinds } from "@overread/shared/notices";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { acknowledgeNotice, listNotices, notify } from "#server/domain/notices/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/** What people are told, and what happens once one of them has seen it. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let colleague: UserActor;
let tech: UserActor;

before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  colleague = (await signedIn("radiologist2@nightshift.example")).actor;
  tech = (await signedIn("tech@lakeside.example")).actor;
});
after(() => db.drop());

const inbox = (actor: UserActor) => withTenant(actor, listNotices);
const tell = (userIds: string[], matter: string, caseId: string | null = null, orgId = reader.orgId) =>
  withTenant(systemActor(orgId, "test"), ({ tx }) =>
    notify(tx, {
      orgId,
      userIds,
      kind: "case-escalated",
      params: { percent: 80, to: "pool", priority: "stat" },
      caseId,
      matter,
    }),
  );
const see = (actor: UserActor, noticeId: string) => withTenant(actor, (ctx) => acknowledgeNotice(ctx, { noticeId }));
const of = async (actor: UserActor, caseId: string) =>
  (await inbox(actor)).items.find((item) => item.caseId === caseId)!;

test("whoever is told of one matter is told once, however often and however many at a time say it", async () => {
  const matter = `case:${randomUUID()}`;
  const told = await Promise.all([1, 2, 3, 4].map(() => tell([reader.userId, colleague.userId], matter)));
  assert.equal(told.flat().length, 2);
  assert.deepEqual(await tell([reader.userId, colleague.userId, reader.userId], matter), []);
});

test("nothing is told where the act it belongs to is undone", async () => {
  const { waiting } = await inbox(reader);
  const matter = `undone:${randomUUID()}`;
  await assert.rejects(
    withTenant(systemActor(reader.orgId, "test"), async ({ tx }) => {
      await notify(tx, {
        orgId: reader.orgId,
        userIds: [reader.userId],
        kind: "list-alert",
        params: { listId: randomUUID(), count: 1 },
        matter,
      });
      throw new Error("the act failed");
    }),
  );
  assert.equal((await inbox(reader)).waiting, waiting);
});

test("an alarm that one has seen alarms nobody any more, and says who has seen it", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await tell([reader.userId, colleague.userId], `alarm:${caseId}`, caseId);
  const before = await inbox(colleague);
  await see(reader, (await of(reader, caseId)).noticeId);
  const others = await of(colleague, caseId);
  assert.deepEqual(
    [others.acknowledged?.by, others.acknowledged?.byMe, (await of(reader, caseId)).acknowledged?.byMe],
    [reader.displayName, false, true],
  );
  assert.equal((await inbox(colleague)).waiting, before.waiting - 1);
  assert.equal(await see(colleague, others.noticeId), null);
  assert.deepEqual(await tell([colleague.userId, reader.userId], `alarm:${caseId}`, caseId), []);
});

test("what expires for one is not seen by another", async () => {
  const matter = `licence:${randomUUID()}`;
  await withTenant(systemActor(reader.orgId, "test"), ({ tx }) =>
    notify(tx, {
      orgId: reader.orgId,
      userIds: [reader.userId, colleague.userId],
      kind: "licence-expires",
      params: { days: 30, jurisdiction: "DE" },
      matter,
    }),
  );
  const own = (await inbox(reader)).items.find(({ kind }) => kind === "licence-expires")!;
  await see(reader, own.noticeId);
  const theirs = (await inbox(colleague)).items.find(({ kind }) => kind === "licence-expires")!;
  assert.equal(theirs.acknowledged, null);
});

test("nobody sees or acknowledges another's notice, and closed and foreign accounts are told nothing", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await tell([reader.userId, tech.userId], `own:${caseId}`, caseId);
  const { noticeId } = await of(reader, caseId);
  assert.equal(await see(tech, noticeId), null);
  assert.equal(await see(colleague, noticeId), null);
  assert.equal(await of(tech, caseId), undefined);
  assert.equal((await of(reader, caseId)).acknowledged, null);
  await db.owner.query("UPDATE user_account SET deactivated_at = now() WHERE id = $1", [colleague.userId]);
  await tell([reader.userId, colleague.userId], `closed:${caseId}`, caseId);
  await db.owner.query("UPDATE user_account SET deactivated_at = NULL WHERE id = $1", [colleague.userId]);
  const { rows } = await db.owner.query("SELECT user_id AS id FROM notice WHERE matter = $1", [`closed:${caseId}`]);
  assert.deepEqual(rows, [{ id: reader.userId }]);
});

test("a case that is withdrawn leaves nothing to be seen", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await tell([reader.userId], `over:${caseId}`, caseId);
  const { waiting } = await inbox(reader);
  await db.owner.query(
    "UPDATE reading_case SET state = 'cancelled', paused_from = 'unread', paused_at = now() WHERE id = $1",
    [caseId],
  );
  const { items, waiting: left } = await inbox(reader);
  assert.deepEqual([left, items.find((item) => item.caseId === caseId)?.over], [waiting - 1, true]);
});

test("a notice holds no text of anybody's: what is not of its kind's closed form is refused", async () => {
  const refused = tell([reader.userId], "free text").catch((error: unknown) => error);
  assert.ok(!((await refused) instanceof Error));
  for (const [kind, params] of [
    ["case-escalated", { percent: 80, to: "pool", priority: "stat", patientName: "Rivers^Alder" }],
    ["licence-expires", { days: 3, jurisdiction: "born 12.04.1969" }],
    ["list-alert", { listId: "Mrs Rivers' cases", count: 1 }],
  ] as const)
    assert.equal(noticeKinds[kind].safeParse(params).success, false, kind);
});

test("every notice has words, and a late case says that it is late", () => {
  const late = { kind: "case-escalated", params: { percent: 100, to: "lead", priority: "urgent" } } as const;
  assert.equal(noticeInWords(late).title, "An urgent case is late");
  assert.match(
    noticeInWords({ kind: "licence-expires", params: { days: 1, jurisdiction: "DE" } }).title,
    /expires tomorrow/,
  );
});

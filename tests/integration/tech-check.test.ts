import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import {
  casesOnView,
  claimCase,
  completeCheck,
  countViews,
  decidePriority,
  getCase,
  listCases,
  openCheck,
  openStudy,
  saveHistory,
  undoCheck,
  undoPriority,
} from "#server/domain/reading/index.ts";
import { getReport, listTemplates } from "#server/domain/reporting/index.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/** What the site's technologist does about a study before it is read, and what its reader sees of it. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let tech: UserActor;
let siteAdmin: UserActor;
let foreignAdmin: UserActor;

before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  tech = (await signedIn("tech@lakeside.example")).actor;
  siteAdmin = (await signedIn("admin@lakeside.example")).actor;
  foreignAdmin = (await signedIn("admin@harbor.example")).actor;
  await db.owner.query("UPDATE facility SET tech_check = true WHERE org_id = $1", [tech.orgId]);
});
after(() => db.drop());

const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const seen = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => getCase(ctx, { caseId }));
const complete = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => completeCheck(ctx, { caseId }));
const undo = (actor: UserActor, caseId: string) => withTenant(actor, (ctx) => undoCheck(ctx, { caseId }));
const say = (actor: UserActor, caseId: string, text: string) =>
  withTenant(actor, (ctx) => saveHistory(ctx, { caseId, text }));
type Check = "waiting" | "complete" | "none";
/** The rows, the count and the alerts of a list by one fact. */
const listed = async (actor: UserActor, techCheck: Check) => {
  const view = { base: "all" as const, filter: { techCheck } };
  const { items } = await withTenant(actor, (ctx) =>
    listCases(ctx, { filter: { list: "all", where: view.filter }, limit: 400 }),
  );
  const [count] = await withTenant(actor, (ctx) => countViews(ctx, [view]));
  const alerted = await withTenant(actor, ({ tx }) => tx.$queryRaw<{ id: string }[]>`${casesOnView(actor, view)}`);
  assert.deepEqual([count, alerted.length], [items.length, items.length], `${techCheck}: rows, count and alerts`);
  return items.map(({ caseId }) => caseId);
};

test("a case waits for its check until the technologist says that it is complete, and may be read before", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  for (const side of [reader, tech]) {
    assert.deepEqual((await seen(side, caseId)).techCheck, { state: "waiting" });
    assert.ok((await listed(side, "waiting")).includes(caseId));
  }
  assert.equal((await seen(reader, caseId)).can.claim, true);
  await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  await complete(tech, caseId);
  for (const side of [reader, tech]) {
    const { techCheck } = await seen(side, caseId);
    assert.ok(techCheck?.state === "complete" && techCheck.by === tech.displayName);
    assert.ok(Math.abs(Date.parse(techCheck.at) - Date.now()) < 600_000);
    assert.ok((await listed(side, "complete")).includes(caseId));
    assert.ok(!(await listed(side, "waiting")).includes(caseId));
  }
  await assert.rejects(complete(tech, caseId), refusedWith("case.illegal-move"));
  await undo(tech, caseId);
  assert.deepEqual((await seen(reader, caseId)).techCheck, { state: "waiting" });
  await assert.rejects(undo(tech, caseId), refusedWith("case.illegal-move"));
});

test("of two technologists who complete together one does", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const results = await Promise.allSettled([complete(tech, caseId), complete(tech, caseId)]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("a facility that asks for no check has none to wait for, and what is withdrawn is not waited for", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await db.owner.query("UPDATE facility SET tech_check = false WHERE org_id = $1", [tech.orgId]);
  try {
    assert.equal((await seen(reader, caseId)).techCheck, null);
    assert.deepEqual(await listed(tech, "waiting"), []);
    assert.ok((await listed(reader, "none")).includes(caseId));
  } finally {
    await db.owner.query("UPDATE facility SET tech_check = true WHERE org_id = $1", [tech.orgId]);
  }
  await db.owner.query(
    "UPDATE reading_case SET state = 'cancelled', paused_from = 'unread', paused_at = now() WHERE id = $1",
    [caseId],
  );
  assert.equal((await seen(tech, caseId)).techCheck, null);
  await assert.rejects(complete(tech, caseId), refusedWith("case.illegal-move"));
  await assert.rejects(say(tech, caseId, "Fell from a ladder."), refusedWith("case.illegal-move"));
});

test("the history stands in preview and reading page and begins the report; the newest counts, and it can be taken back", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await say(tech, caseId, "Fell from a ladder.");
  await say(tech, caseId, "Fell from a ladder, three days ago.");
  const { notes } = await seen(reader, caseId);
  assert.deepEqual([notes.history?.text, notes.history?.by], ["Fell from a ladder, three days ago.", tech.displayName]);
  assert.equal(
    (await withTenant(reader, (ctx) => openStudy(ctx, { caseId }))).notes.history?.text,
    notes.history?.text,
  );
  const [template] = await withTenant(reader, (ctx) => listTemplates(ctx, { caseId }));
  assert.equal(
    template?.sections.find(({ key }) => key === "clinicalInformation")?.text,
    "Fell from a ladder, three days ago.",
  );
  await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const { sections } = await withTenant(reader, (ctx) => getReport(ctx, { caseId }));
  assert.equal(sections.find(({ key }) => key === "clinicalInformation")?.text, "Fell from a ladder, three days ago.");
  await say(tech, caseId, "");
  assert.equal((await seen(reader, caseId)).notes.history, null);
  const said = await db.owner.query("SELECT text FROM tech_check_entry WHERE case_id = $1 ORDER BY at", [caseId]);
  assert.equal(said.rows.length, 3, "what was said stays on file");
  await assert.rejects(db.owner.query("UPDATE tech_check_entry SET text = 'x' WHERE case_id = $1", [caseId]));
});

test("the technologist makes a case STAT with a reason that its readers see, takes it back, and makes none less urgent", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const before = await seen(tech, caseId);
  assert.deepEqual([before.can.raisePriority, before.can.lowerPriority], [true, false]);
  await withTenant(tech, (ctx) => decidePriority(ctx, { caseId, priority: "stat", reason: "Cannot feel his legs" }));
  const { priority, decided, dueAt } = await seen(reader, caseId);
  assert.deepEqual([priority, decided?.reason, decided?.by], ["stat", "Cannot feel his legs", tech.displayName]);
  assert.ok(Date.parse(dueAt) < Date.parse(before.dueAt), "due as STAT");
  await assert.rejects(
    withTenant(tech, (ctx) => decidePriority(ctx, { caseId, priority: "routine", reason: "Not so bad" })),
    refusedWith("auth.forbidden"),
  );
  // Nobody takes back what somebody else of the site decided.
  await assert.rejects(
    withTenant(siteAdmin, (ctx) => undoPriority(ctx, { caseId })),
    refusedWith("auth.forbidden"),
  );
  await withTenant(tech, (ctx) => undoPriority(ctx, { caseId }));
  assert.equal((await seen(reader, caseId)).priority, before.priority);
});

test("the page shows a technologist the series with a picture each; who opens no images, and strangers, see none", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  const open = (actor: UserActor) => withTenant(actor, (ctx) => openCheck(ctx, { caseId }));
  const { images, item } = await open(tech);
  assert.equal(images?.dicomwebRoot, `/dicomweb/${item.orgSlug}`);
  assert.ok(images && images.series.length > 0);
  assert.equal((await open(siteAdmin)).images, null);
  await assert.rejects(open(reader), refusedWith("auth.forbidden"));
  for (const stranger of [foreignAdmin]) {
    await assert.rejects(open(stranger), refusedWith("case.not-found"));
    await assert.rejects(complete(stranger, caseId), refusedWith("case.not-found"));
    await assert.rejects(say(stranger, caseId, "Mine now."), refusedWith("case.not-found"));
  }
  await assert.rejects(complete(reader, caseId), refusedWith("auth.forbidden"));
  await assert.rejects(
    withTenant(
      reader,
      ({ tx }) => tx.$executeRaw`
        UPDATE reading_case SET tech_checked_at = now(), tech_checked_by_id = ${reader.userId}::uuid WHERE id = ${caseId}::uuid`,
    ),
    "the database lets no reader say so either",
  );
});

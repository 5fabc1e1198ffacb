import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import {
  CreateOrder,
  cancelOrder,
  createOrder,
  joinOrder,
  ListOrders,
  listOrders,
  type Order,
  partOrder,
  UpdateOrder,
  updateOrder,
} from "#server/domain/ordering/index.ts";
import { applyOrders, claimCase, getCase, holdCase, resumeCase } from "#server/domain/reading/index.ts";
import { listTemplates } from "#server/domain/reporting/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { orgId, signedIn } from "#tests/actors.ts";
import { useTestDatabase } from "#tests/database.ts";
import { makeUnreadCase, type StudyWish, stoppedEarlier } from "#tests/factories/studies.ts";

/** What a hospital orders, and how it reaches whoever reads the study. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let dataDir: string;
let technologist: UserActor;
let reader: UserActor;
let hospital: string;

before(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), "overread-orders-"));
  Object.assign(process.env, { NODE_ENV: "test", OVERREAD_DATA_DIR: dataDir });
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse battery" });
  hospital = await orgId("lakeside");
  ({ actor: technologist } = await signedIn("tech@lakeside.example"));
  ({ actor: reader } = await signedIn("radiologist@nightshift.example"));
});
after(async () => {
  await db.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

let number = 0;
const patient = () => {
  number += 1;
  return {
    patientId: `ORD-${number}`,
    patientName: "Rivers^Alder",
    patientBirthDate: "19690412",
    patientSex: "F",
    accessionNumber: `ACC${number}`,
  };
};
type Wish = Partial<StudyWish>;
const order = (wish: Record<string, unknown>) =>
  withTenant(technologist, (ctx) =>
    createOrder(ctx, CreateOrder.parse({ facilitySlug: "lakeside-main", procedureDescription: "CT chest", ...wish })),
  );
const study = (wish: Wish) => makeUnreadCase(db.owner, wish as StudyWish);
const caseOf = (caseId: string) => withTenant(reader, (ctx) => getCase(ctx, { caseId }));
/** The worker's turn. */
const applied = (studyId: string) =>
  withTenant(systemActor(hospital, "test"), (ctx) => applyOrders(ctx, { studyIds: [studyId] }));
const listed = async (orderId: string): Promise<Order> => {
  const { items } = await withTenant(technologist, (ctx) =>
    listOrders(ctx, ListOrders.parse({ list: "all", limit: 200 })),
  );
  const found = items.find((each) => each.orderId === orderId);
  assert.ok(found);
  return found;
};
const waitingJobs = async (studyId: string): Promise<number> => {
  const { rows } = await db.owner.query(
    "SELECT count(*)::int AS n FROM outbox_job WHERE name = 'case.apply-orders' AND collapse_key = $1 AND done_at IS NULL",
    [studyId],
  );
  return rows[0].n;
};
const refusal = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

test("an order that is there before the study gives the case its urgency and its reader the clinical information", async () => {
  const who = patient();
  const { orderId, matched } = await order({
    ...who,
    priority: "stat",
    priorityReason: "Suspected dissection",
    clinicalInformation: "Tearing chest pain.",
    expectedImages: 300,
  });
  assert.equal(matched, 0);
  const { caseId } = await study(who);
  const seen = await caseOf(caseId);
  assert.equal(seen.priority, "stat");
  assert.equal(seen.orderCount, 1);
  assert.equal(seen.images.expected, 300);
  assert.deepEqual(
    seen.orders.map((each) => [each.orderId, each.clinicalInformation, each.priorityReason]),
    [[orderId, "Tearing chest pain.", "Suspected dissection"]],
  );
  const minutes = (new Date(seen.dueAt).getTime() - Date.now()) / 60_000;
  assert.ok(minutes > 0 && minutes <= 30, `due in ${minutes} minutes`);
  await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const [template] = await withTenant(reader, (ctx) => listTemplates(ctx, { caseId }));
  assert.equal(template?.sections.find(({ key }) => key === "clinicalInformation")?.text, "Tearing chest pain.");
});

test("an order that comes after the study is joined to it, and the promise counts from then", async () => {
  const who = patient();
  const { caseId, studyId } = await study(who);
  const before = await caseOf(caseId);
  assert.equal(before.priority, "routine");
  const { matched } = await order({ ...who, priority: "urgent" });
  assert.equal(matched, 1);
  assert.equal(await waitingJobs(studyId), 1);
  await applied(studyId);
  const after = await caseOf(caseId);
  assert.equal(after.priority, "urgent");
  assert.ok(after.dueAt < before.dueAt);
  assert.ok(after.priorityScore > before.priorityScore);
});

test("one accession number for two people joins nothing, and both sides show it", async () => {
  const who = patient();
  const { caseId, studyId } = await study({ ...who, patientName: "Okafor^Ada", patientSex: "F" });
  const { orderId, matched } = await order({ ...who, clinicalInformation: "Of somebody else." });
  assert.equal(matched, 0);
  const seen = await listed(orderId);
  assert.deepEqual(seen.studies, []);
  assert.deepEqual(
    seen.doubtful.map((each) => [each.studyId, each.doubts]),
    [[studyId, ["name"]]],
  );
  assert.deepEqual((await caseOf(caseId)).orders, []);
  const byHand = withTenant(technologist, (ctx) => joinOrder(ctx, { orderId, studyId, reason: "The desk says so" }));
  await assert.rejects(byHand, refusal("order.other-patient"));
});

test("a person joins what a typed number kept apart, parts it again, and it stays apart", async () => {
  const who = patient();
  const { caseId, studyId } = await study(who);
  const { dueAt: onArrival } = await caseOf(caseId);
  const { orderId } = await order({
    ...who,
    accessionNumber: "TYPED-WRONG",
    priority: "stat",
    priorityReason: "Stroke",
  });
  await withTenant(technologist, (ctx) =>
    joinOrder(ctx, { orderId, studyId, reason: "Accession number was mistyped" }),
  );
  await applied(studyId);
  assert.equal((await caseOf(caseId)).priority, "stat");
  await withTenant(technologist, (ctx) => partOrder(ctx, { orderId, studyId, reason: "It was the other study" }));
  await applied(studyId);
  const parted = await caseOf(caseId);
  assert.equal(parted.priority, "routine");
  assert.equal(parted.dueAt, onArrival, "as promised when it arrived");
  assert.deepEqual(parted.orders, [], "the group sees nothing of it any more");
  const change = UpdateOrder.parse({ orderId, version: 1, accessionNumber: who.accessionNumber });
  await withTenant(technologist, (ctx) => updateOrder(ctx, change));
  assert.deepEqual((await caseOf(caseId)).orders, [], "what a person parted is not joined by itself");
});

test("a change is refused to whoever has not seen the one before, and STAT to whoever gives no reason", async () => {
  const { orderId } = await order(patient());
  const change = (input: Record<string, unknown>) =>
    withTenant(technologist, (ctx) => updateOrder(ctx, UpdateOrder.parse({ orderId, ...input })));
  await change({ version: 1, reasonForExam: "Cough" });
  await assert.rejects(change({ version: 1, reasonForExam: "Fever" }), refusal("order.version-conflict"));
  assert.throws(() => UpdateOrder.parse({ orderId, version: 2, priority: "stat" }));
  await change({ version: 2, priority: "stat", priorityReason: "Sepsis" });
  assert.equal((await listed(orderId)).priorityReason, "Sepsis");
});

test("a cancelled order no longer counts, is not changed, and says why", async () => {
  const who = patient();
  const { orderId } = await order({ ...who, priority: "urgent" });
  const { caseId, studyId } = await study(who);
  assert.equal((await caseOf(caseId)).priority, "urgent");
  await withTenant(technologist, (ctx) => cancelOrder(ctx, { orderId, reason: "Ordered twice" }));
  await applied(studyId);
  const seen = await caseOf(caseId);
  assert.equal(seen.priority, "routine");
  assert.deepEqual(seen.orders, []);
  assert.equal((await listed(orderId)).cancelledReason, "Ordered twice");
  const again = withTenant(technologist, (ctx) => cancelOrder(ctx, { orderId, reason: "Ordered twice" }));
  await assert.rejects(again, refusal("order.cancelled"));
});

test("an order that makes a held case urgent leaves the reader the whole time once the site has answered", async () => {
  const who = patient();
  const { caseId, studyId } = await study(who);
  await withTenant(reader, (ctx) => holdCase(ctx, { caseId, reason: "Which side?" }));
  await stoppedEarlier(db.owner, caseId, "3 hours");
  await order({ ...who, priority: "stat", priorityReason: "Worse since" });
  await applied(studyId);
  await withTenant(technologist, (ctx) => resumeCase(ctx, { caseId }));
  const minutes = (new Date((await caseOf(caseId)).dueAt).getTime() - Date.now()) / 60_000;
  assert.ok(minutes > 28 && minutes <= 30.1, `due in ${minutes} minutes`);
});

test("a signed or cancelled case keeps its class whatever its orders say", async () => {
  const who = patient();
  const { caseId, studyId } = await study(who);
  await db.owner.query(
    "UPDATE reading_case SET state = 'cancelled', paused_from = 'unread', paused_at = now() WHERE id = $1",
    [caseId],
  );
  await order({ ...who, priority: "stat", priorityReason: "Late thought" });
  await applied(studyId);
  assert.equal((await caseOf(caseId)).priority, "routine");
});

test("who looks after one facility sees and enters the orders of that one alone", async () => {
  const { orderId } = await order(patient());
  const { rows } = await db.owner.query(
    "INSERT INTO facility (org_id, slug, name, called_ae_titles) VALUES ($1, 'north', 'North', '{NORTH}') RETURNING id",
    [hospital],
  );
  const north: UserActor = { ...technologist, facilityIds: [rows[0].id] };
  const { items, counts } = await withTenant(north, (ctx) => listOrders(ctx, ListOrders.parse({ list: "all" })));
  assert.deepEqual(items, []);
  assert.deepEqual(counts, { waiting: 0, matched: 0 });
  const elsewhere = withTenant(north, (ctx) => cancelOrder(ctx, { orderId, reason: "Not mine" }));
  await assert.rejects(elsewhere, refusal("order.not-found"));
  const entered = withTenant(north, (ctx) =>
    createOrder(ctx, CreateOrder.parse({ ...patient(), facilitySlug: "lakeside-main", procedureDescription: "CT" })),
  );
  await assert.rejects(entered, refusal("facility.not-found"));
});

test("the list is found by name without accents, ID and number, and paged without loss", async () => {
  const who = { ...patient(), patientName: "Müller^Jörg" };
  const { orderId } = await order(who);
  const find = async (text: string) =>
    (await withTenant(technologist, (ctx) => listOrders(ctx, ListOrders.parse({ list: "all", text })))).items.map(
      (each) => each.orderId,
    );
  for (const text of ["muller", "MÜLLER", who.patientId, who.accessionNumber])
    assert.deepEqual(await find(text), [orderId], text);
  assert.deepEqual(await find("100%"), []);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await withTenant(technologist, (ctx) =>
      listOrders(ctx, ListOrders.parse({ list: "all", cursor, limit: 2 })),
    );
    seen.push(...page.items.map((each) => each.orderId));
    cursor = page.nextCursor;
  } while (cursor);
  const { rows } = await db.owner.query("SELECT count(*)::int AS n FROM imaging_order WHERE org_id = $1", [hospital]);
  assert.equal(seen.length, rows[0].n);
  assert.equal(new Set(seen).size, seen.length);
});

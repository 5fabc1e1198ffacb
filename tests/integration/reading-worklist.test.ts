import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import pg from "pg";
import { chainAllWaitingReads } from "#server/audit/writer.ts";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import {
  arriveCase,
  attachPriors,
  getCase,
  type ListCases,
  listCases,
  nextCase,
  openCase,
  openStudy,
  prioritizeCase,
  type WorklistItem,
} from "#server/domain/reading/index.ts";
import { liveChannel } from "#server/live/publish.ts";
import { systemActor } from "#server/system-actor.ts";
import { inWords } from "../../src/app/_ui/in-words.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeArrivingCase, makeStudy, makeUnreadCase } from "../factories/studies.ts";
import { eventually } from "../redis.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  reader = (await signedIn("radiologist@nightshift.example")).actor;
});
after(() => db.drop());

const list = (actor: UserActor, input: ListCases) => withTenant(actor, (ctx) => listCases(ctx, input));
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
const eventsOf = async (caseId: string, action: string) =>
  (
    await db.owner.query("SELECT details FROM audit_event WHERE case_id = $1 AND action = $2 ORDER BY seq", [
      caseId,
      action,
    ])
  ).rows.map(({ details }) => details);

test("a study that begins to arrive is on the list, and becomes unread when it is complete", async () => {
  const made = await makeArrivingCase(db.owner, { patientName: "Arriving^Ada" });
  const seen = async () => (await list(reader, { filter: { text: "arriving" } })).items[0]!;
  assert.equal((await seen()).state, "arriving");
  assert.equal((await seen()).can.claim, false);
  const system = systemActor(made.orgId, "archive");
  await withTenant(system, (ctx) => arriveCase(ctx, made));
  const unread = await seen();
  assert.equal(unread.state, "unread");
  assert.equal(unread.can.claim, true);
  assert.equal(unread.patientName, "ARRIVING, Ada");
  assert.equal(unread.patientAge, "57 y");
  assert.equal(unread.facility, "Lakeside Main Campus");
  assert.deepEqual(await eventsOf(made.caseId, "case.move"), [
    { from: null, to: "arriving" },
    { from: "arriving", to: "unread" },
  ]);
  const jobs = await db.owner.query("SELECT name, org_id FROM outbox_job WHERE payload->>'caseId' = $1", [made.caseId]);
  assert.ok(jobs.rows.every(({ org_id }) => org_id === made.orgId));
  assert.deepEqual([...new Set(jobs.rows.map(({ name }) => name))], ["case.prioritize"], "no other study to look at");

  // Late images make it complete again.
  await withTenant(system, (ctx) => arriveCase(ctx, made));
  assert.equal((await eventsOf(made.caseId, "case.move")).length, 2, "it stays where it is");
});

test("priors are looked for where the patient has another study: when the case opens, when it is complete, and when the other one comes", async () => {
  const looks = async (caseId: string) =>
    (
      await db.owner.query(
        "SELECT count(*)::int AS n FROM outbox_job WHERE name = 'case.attach-priors' AND payload->>'caseId' = $1",
        [caseId],
      )
    ).rows[0].n;
  const patientId = "LOOKED-1";
  const first = await makeArrivingCase(db.owner, { patientId });
  const system = systemActor(first.orgId, "archive");
  assert.equal(await looks(first.caseId), 0);
  const second = await makeArrivingCase(db.owner, { patientId });
  assert.equal(await looks(second.caseId), 1);
  await withTenant(system, (ctx) => arriveCase(ctx, second));
  assert.equal(await looks(second.caseId), 2);
  assert.equal(await looks(first.caseId), 1, "offered to what waits");
  // One that opens and arrives at once is seen by nobody else before: it always looks.
  const alone = await makeStudy(db.owner, { patientId: "LOOKED-2" });
  const caseId = (await withTenant(system, (ctx) => arriveCase(ctx, alone))) as string;
  assert.equal(await looks(caseId), 1);
});

test("many images that open a case together open one", async () => {
  const study = await makeStudy(db.owner);
  const opened = await Promise.all(
    Array.from({ length: 8 }, () => withTenant(systemActor(study.orgId, "archive"), (ctx) => openCase(ctx, study))),
  );
  assert.equal(new Set(opened).size, 1);
  assert.ok(opened[0]);
  assert.equal((await eventsOf(opened[0], "case.move")).length, 1);
});

test("without a contract, or sent as a prior, a study is archived and nobody is asked to read it", async () => {
  const prior = await makeStudy(db.owner, { purpose: "prior" });
  assert.equal(await withTenant(systemActor(prior.orgId, "archive"), (ctx) => openCase(ctx, prior)), null);
  const unread = await makeStudy(db.owner, { facility: "harbor-general" });
  await db.owner.query("UPDATE contract SET starts_at = now() + interval '1 day' WHERE org_id = $1", [unread.orgId]);
  try {
    assert.equal(await withTenant(systemActor(unread.orgId, "archive"), (ctx) => openCase(ctx, unread)), null);
    assert.equal(await withTenant(systemActor(unread.orgId, "archive"), (ctx) => arriveCase(ctx, unread)), null);
  } finally {
    await db.owner.query("UPDATE contract SET starts_at = now() - interval '1 day' WHERE org_id = $1", [unread.orgId]);
  }
});

test("the facility's own contract goes before the hospital's", async () => {
  const study = await makeStudy(db.owner, { facility: "lakeside-north", requestedPriority: "STAT" });
  await db.owner.query(
    `WITH own AS (INSERT INTO contract (org_id, reader_org_id, facility_id, claim_minutes)
       SELECT org_id, (SELECT id FROM organization WHERE slug = 'nightshift'), id, 7 FROM facility WHERE slug = 'lakeside-north' RETURNING *)
     INSERT INTO service_level (contract_id, org_id, reader_org_id, valid_from, holidays, lines, otherwise)
     SELECT id, org_id, reader_org_id, starts_at, '[]', '[]', '{"stat": 11, "urgent": 120, "routine": 1440}' FROM own`,
  );
  const caseId = await withTenant(systemActor(study.orgId, "archive"), (ctx) => arriveCase(ctx, study));
  const { rows } = await db.owner.query(
    "SELECT claim_minutes, round(extract(epoch FROM due_at - unread_at) / 60)::int AS minutes, priority FROM reading_case WHERE id = $1",
    [caseId],
  );
  assert.deepEqual(rows[0], { claim_minutes: 7, minutes: 11, priority: "stat" });
});

test("the list runs by class, due time and arrival, page by page without gap or repeat", async () => {
  const tag = "PAGETEST";
  for (let n = 0; n < 5; n++)
    await makeUnreadCase(db.owner, { patientName: `${tag}^R${n}`, bodyPart: "KNEE", studyDescription: "CT KNEE" });
  for (let n = 0; n < 3; n++)
    await makeUnreadCase(db.owner, {
      patientName: `${tag}^S${n}`,
      requestedPriority: "HIGH",
      bodyPart: "KNEE",
      studyDescription: "CT KNEE",
    });
  await makeUnreadCase(db.owner, { patientName: `${tag}^U`, studyDescription: "CT KNEE urgent", bodyPart: "KNEE" });
  await makeUnreadCase(db.owner, {
    patientName: `${tag}^H`,
    requestedPriority: "STAT",
    bodyPart: "HEAD",
    studyDescription: "CT HEAD",
  });

  const whole = await list(reader, { filter: { text: tag }, limit: 50 });
  assert.deepEqual(
    whole.items.map(({ patientName }) => patientName.split(", ")[1]![0]),
    [..."HSSSURRRRR"],
  );
  assert.equal(whole.nextCursor, null);
  const paged: WorklistItem[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof list>> = await list(reader, { filter: { text: tag }, limit: 3, cursor });
    assert.ok(page.items.length <= 3);
    paged.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  assert.deepEqual(
    paged.map(({ caseId }) => caseId),
    whole.items.map(({ caseId }) => caseId),
  );
  assert.deepEqual(whole.items[0]?.priorityReasons.map(inWords), ["STAT", "Due within 30 minutes", "CT of the head"]);
  await assert.rejects(list(reader, { cursor: "bm9uc2Vuc2U" }), refusedWith("request.invalid"));
  const next = await withTenant(reader, (ctx) => nextCase(ctx));
  assert.equal(next?.caseId, whole.items[0]?.caseId);
});

test("filters narrow the list, counts are of the whole of it", async () => {
  const made = await makeUnreadCase(db.owner, {
    facility: "harbor-general",
    patientName: "Yamada^Tarou=山田^太郎=やまだ^たろう",
    accessionNumber: "ACC-778",
  });
  const texts = ["yamada", "山田", "やまだ", "acc-778", made.patientId];
  for (const text of texts)
    assert.deepEqual(
      (await list(reader, { filter: { text } })).items.map(({ caseId }) => caseId),
      [made.caseId],
      text,
    );
  const [item] = (await list(reader, { filter: { text: "yamada" } })).items;
  assert.equal(item?.patientName, "YAMADA, Tarou · 山田 太郎");
  assert.deepEqual(item?.patientNameGroups, {
    alphabetic: "Yamada^Tarou",
    ideographic: "山田^太郎",
    phonetic: "やまだ^たろう",
  });
  const facilityId = (await db.owner.query("SELECT id FROM facility WHERE slug = 'harbor-general'")).rows[0].id;
  assert.ok(
    (await list(reader, { filter: { facilityId } })).items.every(
      ({ facilitySlug }) => facilitySlug === "harbor-general",
    ),
  );
  assert.equal((await list(reader, { filter: { text: "100%_" } })).items.length, 0, "wildcards are text");
  assert.equal((await list(reader, { filter: { mine: true } })).items.length, 0);
  const { counts } = await list(reader, { filter: { text: "yamada" } });
  const { rows } = await db.owner.query("SELECT count(*)::int AS n FROM reading_case WHERE state = 'unread'");
  assert.equal(counts.unread, rows[0].n);
});

test("each side sees its own: the other hospital nothing, roles without the list are refused", async () => {
  await makeUnreadCase(db.owner, { facility: "lakeside-main", patientName: "Secret^Lakeside" });
  const admin = (await signedIn("admin@harbor.example")).actor;
  const harbor = await list(admin, { limit: 200 });
  assert.ok(harbor.items.every(({ orgSlug }) => orgSlug === "harbor"));
  const tech = (await signedIn("tech@lakeside.example")).actor;
  assert.ok(
    (await list(tech, { limit: 200 })).items.every(
      ({ orgSlug, can }) => orgSlug === "lakeside" && !can.claim && !can.sign && can.read,
    ),
  );
  const north = (await db.owner.query("SELECT id FROM facility WHERE slug = 'lakeside-north'")).rows[0].id;
  assert.ok(
    (await list({ ...tech, facilityIds: [north] }, { limit: 200 })).items.every(
      ({ facilitySlug }) => facilitySlug === "lakeside-north",
    ),
  );
  for (const email of ["referrer@lakeside.example", "operator@overread.example"])
    await assert.rejects(list((await signedIn(email)).actor, {}), refusedWith("auth.forbidden"));
});

test("every look at the list is on record, once, with how many cases it showed", async () => {
  await chainAllWaitingReads();
  const before = (await db.owner.query("SELECT count(*)::int AS n FROM audit_event WHERE action = 'case.list'")).rows[0]
    .n;
  const { items } = await list(reader, { limit: 2 });
  await chainAllWaitingReads();
  const events = (
    await db.owner.query("SELECT details, actor_id FROM audit_event WHERE action = 'case.list' ORDER BY at DESC")
  ).rows;
  assert.equal(events.length, before + 1);
  assert.equal(events[0].details.count, items.length);
  assert.equal(events[0].actor_id, reader.userId);
});

test("priors of the patient are attached by relevance, with reasons, and again when one arrives later", async () => {
  const patientId = "PRIORS-1";
  const chest = await makeStudy(db.owner, { patientId, purpose: "prior", studyDate: "20260901" });
  const knee = await makeStudy(db.owner, {
    patientId,
    purpose: "prior",
    studyDate: "20200101",
    modality: "MR",
    bodyPart: "KNEE",
    studyDescription: "MR KNEE LEFT",
  });
  await makeStudy(db.owner, { patientId, purpose: "prior", facility: "harbor-general" });
  await makeStudy(db.owner, { patientId, purpose: "prior", studyDate: "20270101" });
  const current = await makeUnreadCase(db.owner, { patientId, studyDate: "20261101" });
  const detail = await withTenant(reader, (ctx) => getCase(ctx, current));
  assert.deepEqual(
    detail.priors.map(({ studyInstanceUid }) => studyInstanceUid),
    [chest.studyInstanceUid, knee.studyInstanceUid],
    "not the other hospital's patient of the same number, nor a later study",
  );
  assert.deepEqual(detail.priors[0]?.reasons.map(inWords), [
    "Same modality (CT)",
    "Same region (chest)",
    "2 months earlier",
  ]);
  assert.equal(detail.priorCount, 2);

  const late = await makeStudy(db.owner, { patientId, purpose: "prior", studyDate: "20261001" });
  const system = systemActor(late.orgId, "archive");
  await db.owner.query("UPDATE outbox_job SET done_at = now()");
  await withTenant(system, (ctx) => arriveCase(ctx, late));
  const { rows } = await db.owner.query(
    "SELECT payload FROM outbox_job WHERE done_at IS NULL AND name = 'case.attach-priors'",
  );
  assert.deepEqual(
    rows.map(({ payload }) => payload.caseId),
    [current.caseId],
  );
  await withTenant(system, (ctx) => attachPriors(ctx, current));
  const opened = await withTenant(reader, (ctx) => openStudy(ctx, current));
  assert.deepEqual(
    opened.priors.map(({ studyInstanceUid }) => studyInstanceUid),
    [late, chest, knee].map(({ studyInstanceUid }) => studyInstanceUid),
  );
  assert.equal(opened.current.dicomwebRoot, "/dicomweb/lakeside");
  assert.equal(opened.current.series[0]?.thumbnailSopInstanceUid, current.sopInstanceUids[1]);
  assert.equal(opened.patient.patientId, patientId);
});

test("of more priors than a reader will look at, the most relevant are kept", async () => {
  const patientId = "PRIORS-MANY";
  const knees = Array.from({ length: 41 }, (_, n) => ({
    studyDate: `202609${String((n % 28) + 1).padStart(2, "0")}`,
    modality: "MR",
    bodyPart: "KNEE",
    studyDescription: "MR KNEE LEFT",
  }));
  for (const knee of knees) await makeStudy(db.owner, { patientId, purpose: "prior", ...knee });
  // The oldest of all, and the only one of the same region and modality.
  const chest = await makeStudy(db.owner, { patientId, purpose: "prior", studyDate: "20150101" });
  const current = await makeUnreadCase(db.owner, { patientId, studyDate: "20261101" });
  const { priors } = await withTenant(reader, (ctx) => getCase(ctx, current));
  assert.equal(priors.length, 40);
  assert.equal(priors[0]?.studyInstanceUid, chest.studyInstanceUid);
});

test("what the hospital had another group read is no prior of this group's case", async () => {
  const patientId = "PRIORS-OTHER-GROUP";
  const theirs = await makeStudy(db.owner, { patientId, purpose: "prior", studyDate: "20260101" });
  const open = await makeStudy(db.owner, { patientId, purpose: "prior", studyDate: "20250101" });
  const { rows } = await db.owner.query<{ id: string }>(
    "INSERT INTO organization (slug, name, kind) VALUES ('daybreak', 'Daybreak Radiology', 'reading_group') RETURNING id",
  );
  await db.owner.query("UPDATE study SET reader_org_id = $2 WHERE id = $1", [theirs.studyId, rows[0]?.id]);
  const current = await makeUnreadCase(db.owner, { patientId, studyDate: "20261101" });
  const { priors } = await withTenant(reader, (ctx) => getCase(ctx, current));
  assert.deepEqual(
    priors.map(({ studyInstanceUid }) => studyInstanceUid),
    [open.studyInstanceUid],
  );
  const { rows: attached } = await db.owner.query("SELECT study_ref FROM case_prior WHERE case_id = $1", [
    current.caseId,
  ]);
  assert.deepEqual(
    attached.map((row) => row.study_ref),
    [open.studyId],
    "and the database holds no link to it",
  );
});

test("the score is explained and one clock runs per case", async () => {
  const { caseId, orgId } = await makeUnreadCase(db.owner, { requestedPriority: "STAT", patientBirthDate: "20260801" });
  await db.owner.query(
    "UPDATE reading_case SET due_at = now() - interval '1 minute', unread_at = now() - interval '95 minutes' WHERE id = $1",
    [caseId],
  );
  const system = systemActor(orgId, "worker");
  const pending = async () =>
    (
      await db.owner.query(
        "SELECT run_at FROM outbox_job WHERE name = 'case.prioritize' AND collapse_key = $1 AND run_at > now()",
        [caseId],
      )
    ).rows;
  for (let n = 0; n < 3; n++) await withTenant(system, (ctx) => prioritizeCase(ctx, { caseId }));
  assert.equal((await pending()).length, 1);
  const detail = await withTenant(reader, (ctx) => getCase(ctx, { caseId }));
  assert.deepEqual(detail.priorityReasons.map(inWords), [
    "STAT",
    "Overdue",
    "Patient under 1 year",
    "Waiting over 1.5 hours",
  ]);
  assert.equal(
    detail.priorityScore,
    detail.priorityReasons.reduce((sum, { points }) => sum + points, 0),
  );
  await assert.rejects(
    withTenant(reader, (ctx) => prioritizeCase(ctx, { caseId })),
    refusedWith("auth.forbidden"),
  );
});

test("both organisations' screens hear of a move, and only when it is committed", async () => {
  const made = await makeArrivingCase(db.owner);
  const listener = new pg.Client({ connectionString: db.ownerUrl });
  await listener.connect();
  const heard: { topic: string; orgIds: string[]; caseId: string }[] = [];
  listener.on("notification", ({ payload }) => heard.push(JSON.parse(payload ?? "{}")));
  await listener.query(`LISTEN ${liveChannel}`);
  try {
    await assert.rejects(
      withTenant(systemActor(made.orgId, "archive"), async (ctx) => {
        await arriveCase(ctx, made);
        throw new Error("the sender hung up");
      }),
    );
    await withTenant(systemActor(made.orgId, "archive"), (ctx) => arriveCase(ctx, made));
    const event = await eventually(
      () => heard.find(({ topic, caseId }) => topic === "case.changed" && caseId === made.caseId),
      "the announcement",
    );
    assert.deepEqual(event.orgIds, [made.orgId, reader.orgId]);
    assert.equal(heard.length, 1);
  } finally {
    await listener.end();
  }
});

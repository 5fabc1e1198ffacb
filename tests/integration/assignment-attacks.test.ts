import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { assignCase } from "#server/domain/assignment/index.ts";
import { escalateCases } from "#server/domain/escalation/index.ts";
import { exportWorkUnits, importWorkUnits } from "#server/domain/readers/index.ts";
import {
  answerQuestion,
  arriveCase,
  askSite,
  decidePriority,
  getCase,
  holdCase,
  listCases,
  resumeCase,
  undoPriority,
} from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import type { useTestDatabase } from "../database.ts";
import { useDemoPeople } from "../demo-people.ts";
import { arrivedEarlier, makeArrivingCase, makeUnreadCase } from "../factories/studies.ts";

/** What two acts that know nothing of each other, and odd input, did to cases. */
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let solheim: UserActor;
let lead: UserActor;
let tech: UserActor;
before(async () => {
  ({ db, solheim, lead, tech } = await useDemoPeople());
});
after(() => db.drop());

const as = <T>(actor: UserActor, verb: Parameters<typeof withTenant<UserActor, T>>[1]) => withTenant(actor, verb);
const seen = (caseId: string) => as(lead, (ctx) => getCase(ctx, { caseId }));
const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;

test("a class that was decided while the images were coming and the case was held is there when all have come", async () => {
  for (const resumed of [true, false]) {
    const { caseId, studyId, orgId } = await makeArrivingCase(db.owner);
    await as(lead, (ctx) => holdCase(ctx, { caseId, reason: "Until the ward has called back." }));
    await as(lead, (ctx) => decidePriority(ctx, { caseId, priority: "stat", reason: "Stroke, says the ward." }));
    if (resumed) await as(lead, (ctx) => resumeCase(ctx, { caseId }));
    await withTenantSql(systemActor(orgId, "worker"), (ctx) => arriveCase(ctx, { studyId }));
    const { priority, decided, state } = await seen(caseId);
    assert.deepEqual(
      [priority, decided?.reason, state],
      ["stat", "Stroke, says the ward.", resumed ? "unread" : "held"],
    );
  }
});

test("the first alarm wakes whoever was assigned a case, not only who has it open", async () => {
  const { caseId } = await makeUnreadCase(db.owner, { requestedPriority: "STAT" });
  await as(lead, (ctx) => assignCase(ctx, { caseId, readerId: solheim.userId }));
  const { rows } = await db.owner.query<{ at: Date }>(
    "SELECT promised_from + promised_minutes * interval '30 seconds' + interval '1 second' AS at FROM reading_case WHERE id = $1",
    [caseId],
  );
  await withTenantSql(systemActor(solheim.orgId, "worker"), (ctx) =>
    escalateCases(ctx, { caseIds: [caseId], now: rows[0]!.at }),
  );
  const { rows: told } = await db.owner.query("SELECT user_id AS id FROM notice WHERE case_id = $1", [caseId]);
  assert.deepEqual(told, [{ id: solheim.userId }]);
});

test("an answer of the site does not lift what somebody holds for another reason, and its clock still stands", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await as(lead, (ctx) => holdCase(ctx, { caseId, reason: "The patient is scanned again at noon." }));
  await as(solheim, (ctx) => askSite(ctx, { caseId, text: "Which side?", stopsClock: true }));
  const answer = () => as(tech, (ctx) => answerQuestion(ctx, { caseId, text: "Left." }));
  assert.deepEqual(await answer(), { answered: true, resumed: false });
  assert.equal((await seen(caseId)).state, "held");
  const { rows } = await db.owner.query("SELECT why FROM case_clock_stop WHERE case_id = $1 AND until_at IS NULL", [
    caseId,
  ]);
  assert.deepEqual(rows, [{ why: "held" }]);
  await as(lead, (ctx) => resumeCase(ctx, { caseId }));
  assert.equal((await seen(caseId)).state, "unread");
});

test("a table of many modalities counts from the moment in which it was imported", async () => {
  const lines = Array.from({ length: 101 }, (_, n) => `modality,M${100 + n},9,`);
  const csv = ["kind,code,workUnits,effort", ...lines, "otherwise,,7,", ""].join("\r\n");
  assert.deepEqual(await as(lead, (ctx) => importWorkUnits(ctx, { csv })), { faults: [], procedures: 0 });
  assert.equal((await as(lead, exportWorkUnits)).csv, csv);
});

test("a day that no clock can tell is refused with the field that it stands in", async () => {
  const caller = createCaller(lead, async () => {}).readers;
  const { rows } = await db.owner.query("SELECT id FROM facility WHERE slug = 'lakeside-main'");
  const [facilityId, userId] = [rows[0].id, solheim.userId];
  for (const day of ["9999-12-31", "0000-01-01"]) {
    await assert.rejects(
      caller.grantPrivilege({ userId, facilityId, level: "report", lastDay: day }),
      /from 1900 to 2199/,
    );
    await assert.rejects(
      caller.addLicence({ userId, jurisdiction: "GB", number: "7", validUntil: day }),
      /from 1900 to 2199/,
    );
  }
});

test("a place in a list that nobody was given is refused as such", async () => {
  await makeUnreadCase(db.owner);
  const id = "00000000-0000-4000-8000-000000000000";
  const encoded = (text: string) => Buffer.from(text).toString("base64url");
  const sorted = (by: "exam" | "images" | "due", value: unknown) => ({
    sort: [{ by, down: false }],
    cursor: encoded(JSON.stringify([by, [value], id])),
  });
  for (const input of [
    sorted("exam", "\0"),
    sorted("images", 9e15),
    sorted("due", "-271821-04-20T00:00:00Z"),
    { cursor: encoded(`1|1|1|${"-".repeat(36)}`) },
  ])
    await assert.rejects(
      as(solheim, (ctx) => listCases(ctx, input as Parameters<typeof listCases>[1])),
      refusedWith("request.invalid"),
      JSON.stringify(input),
    );
});

test("a case that becomes STAT late has all the alarms of its new time, each once, and none twice when it is routine again", async () => {
  const { caseId } = await makeUnreadCase(db.owner);
  await arrivedEarlier(db.owner, caseId, "21 hours");
  const look = async (percent: number): Promise<string[]> => {
    const { rows } = await db.owner.query<{ at: Date }>(
      "SELECT promised_from + promised_minutes * interval '1 minute' * $2::float8 / 100 + interval '1 second' AS at FROM reading_case WHERE id = $1",
      [caseId, percent],
    );
    await withTenantSql(systemActor(solheim.orgId, "worker"), (ctx) =>
      escalateCases(ctx, { caseIds: [caseId], now: rows[0]!.at }),
    );
    const { rows: steps } = await db.owner.query<{ step: string }>(
      "SELECT split_part(step, '@', 1) AS step FROM escalation_step WHERE case_id = $1 ORDER BY since, step",
      [caseId],
    );
    return steps.map(({ step }) => step);
  };
  assert.deepEqual(await look(85), ["50:reader", "80:pool"]);
  await as(lead, (ctx) => decidePriority(ctx, { caseId, priority: "stat", reason: "Stroke, says the ward." }));
  for (let again = 0; again < 2; again++)
    assert.deepEqual((await look(81)).sort(), ["50:reader", "50:reader", "80:pool", "80:pool"]);
  await as(lead, (ctx) => undoPriority(ctx, { caseId }));
  assert.equal((await look(85)).length, 4);
});

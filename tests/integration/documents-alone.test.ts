import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { SOP } from "@overread/shared/dicom/sop-classes";
import pg from "pg";
import { withTenant } from "#server/db/with-tenant.ts";
import { attachPriors } from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { createCaller } from "#server/trpc/caller.ts";
import { orgId, signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { type Tiny, type TinyWish, tinyInstance } from "../factories/tiny-instance.ts";

/** Cases that were opened for objects without pictures, before only pictures were, are closed unread and come back with pictures. */
let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

const migration = new URL(
  "../../prisma/migrations/20261127110001_cases_without_pictures/migration.sql",
  import.meta.url,
);
/** By the owner of the tables, who is no superuser, as the product migrates. */
async function migrate(): Promise<void> {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  await client.query(readFileSync(migration, "utf8"));
  await client.end();
}
const reader = async () => createCaller((await signedIn("radiologist@nightshift.example")).actor);
async function send(wish: TinyWish = {}): Promise<Tiny> {
  const made = tinyInstance(wish);
  assert.equal((await archive.stow([made.part10])).status, 200);
  return made;
}
/** As old data stands: a case whose study holds no picture. */
async function oldCase(state: "arriving" | "unread" | "drafted" = "unread"): Promise<Tiny> {
  const made = await send();
  await archive.owner.query(
    "UPDATE study SET has_pictures = false, acquired_modalities = '{}', modalities = '{RTPLAN}' WHERE study_instance_uid = $1",
    [made.study],
  );
  await archive.owner.query(
    `UPDATE reading_case SET state = $2::"CaseState" WHERE study_ref = (SELECT id FROM study WHERE study_instance_uid = $1)`,
    [made.study, state],
  );
  return made;
}
async function caseOf({ study }: Tiny): Promise<{ id: string; state: string; paused_reason: string | null }> {
  const { rows } = await archive.owner.query(
    "SELECT c.id, c.state::text, c.paused_reason FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE s.study_instance_uid = $1",
    [study],
  );
  return rows[0];
}
const listed = async ({ study }: Tiny) =>
  (await (await reader()).worklist.list({ limit: 200 })).items.find((item) => item.studyInstanceUid === study);

test("a case of a plan or a document alone is closed, with the reason on the trail, and opens when pictures come", async () => {
  const made = await oldCase();
  await migrate();
  await migrate();
  const closed = await caseOf(made);
  assert.deepEqual([closed.state, closed.paused_reason], ["cancelled", "No pictures came: there is nothing to read."]);
  assert.equal(await listed(made), undefined);
  const { rows } = await archive.owner.query(
    "SELECT 1 FROM audit_event WHERE action = 'case.cancel' AND case_id = $1",
    [closed.id],
  );
  assert.equal(rows.length, 1);

  await send({ study: made.study, sopClass: SOP.rtPlan, elements: { "00080060": { vr: "CS", Value: ["RTPLAN"] } } });
  assert.equal((await caseOf(made)).state, "cancelled", "still nothing to read");
  await send({ study: made.study });
  assert.deepEqual((await listed(made))?.modalities, ["CT"]);
  assert.equal((await caseOf(made)).state, "arriving");
});

test("what somebody has begun, holds pictures, or may have had some is not closed", async () => {
  const begun = await oldCase("drafted");
  const pictures = await send();
  const setAside = await oldCase();
  await archive.owner.query("UPDATE study SET quarantined_instances = 1 WHERE study_instance_uid = $1", [
    setAside.study,
  ]);
  await migrate();
  assert.equal((await caseOf(begun)).state, "drafted");
  assert.equal((await caseOf(pictures)).state, "arriving");
  assert.equal((await caseOf(setAside)).state, "unread");
});

test("the examination is what was acquired, also where the images do not say by what", async () => {
  const made = await send({ elements: { "00080060": undefined } });
  await archive.owner.query("UPDATE study SET modalities = '{DOC,SR}' WHERE study_instance_uid = $1", [made.study]);
  assert.deepEqual((await listed(made))?.modalities, []);
});

test("two studies are not of one modality because both have a report", async () => {
  const patient = { "00100020": { vr: "LO", Value: ["P-reports"] } };
  const ofMr = { ...patient, "00080020": { vr: "DA", Value: ["20250310"] }, "00080060": { vr: "CS", Value: ["MR"] } };
  const made: Tiny[] = [];
  for (const elements of [ofMr, patient]) {
    const first = await send({ elements });
    const report = { ...elements, "00080060": { vr: "CS", Value: ["SR"] } };
    await send({ study: first.study, sopClass: SOP.comprehensiveSr, elements: report });
    made.push(first);
  }
  const caseId = (await listed(made[1] as Tiny))?.caseId ?? "";
  const org = await orgId("lakeside");
  await withTenant(systemActor(org, "test"), (ctx) => attachPriors(ctx, { caseId }));
  const { priors } = await (await reader()).worklist.get({ caseId });
  assert.equal(priors.length, 1);
  assert.ok(priors[0]?.reasons.every(({ code }) => code !== "same-modality"));
});

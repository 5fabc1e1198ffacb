import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { assembleReport } from "#server/documents/index.ts";
import { claimCase } from "#server/domain/reading/index.ts";
import { gatherReport, recordDocuments, saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
});
after(() => db.drop());

test("only priors of the same patient that were there when it was signed are evidence, with their images", async () => {
  const patient = { patientId: "EV-1", patientName: "Rivers^Alder", patientBirthDate: "19610203", patientSex: "M" };
  const same = await makeUnreadCase(db.owner, { ...patient, studyDate: "20240302", instances: 3 });
  await makeUnreadCase(db.owner, { ...patient, patientName: "Stone^Mara", patientSex: "F", studyDate: "20240401" });
  const made = await makeUnreadCase(db.owner, { ...patient, studyDate: "20261120" });
  const reader = (await signedIn("radiologist@nightshift.example")).actor;
  const { caseId } = made;
  const { claimToken } = await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "No change." }];
  const { version } = await withTenant(reader, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  const { reportVersionId } = await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version }));
  const product = systemActor(await orgId("lakeside"), "worker");
  const gather = async () => assembleReport(await withTenant(product, (ctx) => gatherReport(ctx, { reportVersionId })));
  const { comparisons, evidence } = await gather();
  assert.deepEqual(evidence.map((image) => image.sopInstanceUid).sort(), [...made.sopInstanceUids].sort());
  assert.deepEqual(
    comparisons.map((prior) => [prior.studyInstanceUid, prior.evidence.map((image) => image.sopInstanceUid).sort()]),
    [[same.studyInstanceUid, [...same.sopInstanceUids].sort()]],
  );

  await db.owner.query("UPDATE instance SET received_at = now() + interval '1 hour' WHERE sop_instance_uid = $1", [
    same.sopInstanceUids[0],
  ]);
  assert.equal((await gather()).comparisons[0]?.evidence.length, 2, "an image that came later was not compared with");
});

test("what was not fit to be copied from the images is told in the audit trail by its tags", async () => {
  const made = await makeUnreadCase(db.owner, { patientId: "EV-2" });
  const wrong = { "00081032": { vr: "SQ", Value: [{ "00080102": { vr: "SH", Value: ["x".repeat(21)] } }] } };
  await db.owner.query(
    "UPDATE instance SET metadata = (metadata::jsonb || $2::jsonb)::text WHERE study_ref = $1::uuid",
    [made.studyId, JSON.stringify(wrong)],
  );
  const reader = (await signedIn("radiologist@nightshift.example")).actor;
  const { caseId } = made;
  const { claimToken } = await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  const sections = [{ key: "impression", title: "Impression", text: "Normal." }];
  const { version } = await withTenant(reader, (ctx) => saveDraft(ctx, { caseId, claimToken, version: 0, sections }));
  const { reportVersionId } = await withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version }));
  const product = systemActor(await orgId("lakeside"), "worker");
  const { leftOut, identity } = assembleReport(
    await withTenant(product, (ctx) => gatherReport(ctx, { reportVersionId })),
  );
  assert.deepEqual([leftOut, identity["00081032"]], [["00081032"], undefined]);
  const { rows: images } = await db.owner.query<{ id: string }>(
    "SELECT id FROM instance WHERE study_ref = $1::uuid LIMIT 1",
    [made.studyId],
  );
  const documents = [{ kind: "sr" as const, instanceId: images[0]!.id, sha256: "a".repeat(64) }];
  await withTenant(product, (ctx) => recordDocuments(ctx, { reportVersionId, documents, leftOut }));
  const { rows: events } = await db.owner.query<{ details: { leftOut: string } }>(
    "SELECT details FROM audit_event WHERE action = 'report.store-documents' AND case_id = $1::uuid",
    [caseId],
  );
  assert.deepEqual(
    events.map(({ details }) => details.leftOut),
    ["00081032"],
  );
});

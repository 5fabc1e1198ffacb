import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { newUid } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";
import { reportWords } from "@overread/shared/report-words";
import type { UserActor } from "#server/context.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { issueEnrollmentCodeAsOperator, listEdges } from "#server/domain/edge/index.ts";
import { completeStudy } from "#server/domain/imaging/index.ts";
import { claimCase, listCases, nextCase, readIncomplete } from "#server/domain/reading/index.ts";
import { getReport, saveDraft, signReport } from "#server/domain/reporting/index.ts";
import { type FrontDoor, openFrontDoor } from "#server/front-door/front-door.ts";
import { createLog } from "#server/log.ts";
import { systemActor } from "#server/system-actor.ts";
import { incompleteInWords } from "../../src/app/_ui/in-words.ts";
import { signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { EdgeClient } from "../edge-client.ts";
import { makeUnreadCase } from "../factories/studies.ts";
import { useTestRedis } from "../redis.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let redis: Awaited<ReturnType<typeof useTestRedis>>;
let door: FrontDoor;
let edge: EdgeClient;
let reader: UserActor;
let admin: UserActor;
const dataDir = mkdtempSync(path.join(tmpdir(), "overread-refused-"));
before(async () => {
  process.env.OVERREAD_DATA_DIR = dataDir;
  redis = await useTestRedis();
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  door = await openFrontDoor({ host: "127.0.0.1", port: 0, log: createLog("dicomweb", "error") });
  edge = new EdgeClient(`http://127.0.0.1:${door.port}`);
  const code = await withMaintenance((tx) =>
    issueEnrollmentCodeAsOperator(tx, { facilitySlug: "lakeside-main", by: "test" }),
  );
  assert.equal((await edge.enroll(code.code)).status, 200);
  assert.equal((await edge.authenticate()).status, 200);
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  admin = (await signedIn("admin@lakeside.example")).actor;
});
after(async () => {
  await door.stop(1000);
  await db.drop();
  await redis.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const refusedWith = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
type Told = { studyInstanceUid?: string; sopInstanceUid?: string; reason?: string };
const tell = async (...objects: Told[]): Promise<void> => {
  const list = objects.map((object) => ({
    reason: "dicom.malformed",
    callingAeTitle: "CT1",
    receivedAt: "2026-11-26T10:00:00.000Z",
    ...object,
  }));
  const { status, json } = await edge.call("POST", "/refused", { total: list.length, objects: list });
  assert.equal(status, 200, JSON.stringify(json));
};
const claim = (caseId: string) => withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
const accept = (caseId: string, refused: number) =>
  withTenant(reader, (ctx) => readIncomplete(ctx, { caseId, refused }));
const item = async (caseId: string) => {
  const { items } = await withTenant(reader, (ctx) => listCases(ctx, { limit: 200 }));
  const found = items.find((each) => each.caseId === caseId);
  assert.ok(found);
  return found;
};
const save = (caseId: string, claimToken: string, version: number) =>
  withTenant(reader, (ctx) =>
    saveDraft(ctx, {
      caseId,
      claimToken,
      version,
      sections: [{ key: "impression", title: "Impression", text: "No fracture in what was sent." }],
    }),
  );
const sign = (caseId: string, claimToken: string, version: number) =>
  withTenant(reader, (ctx) => signReport(ctx, { caseId, claimToken, version }));

test("a study whose images were refused is read after somebody has said so, and the report states it", async () => {
  const { caseId, studyInstanceUid, orgId } = await makeUnreadCase(db.owner, { instances: 3 });
  const lost = { studyInstanceUid, sopInstanceUid: newUid() };
  await tell(lost, { reason: "dicom.invalid-uid" });
  await withTenant(systemActor(orgId, "test"), (ctx) =>
    completeStudy(ctx, { studyInstanceUid, purpose: "read", instanceCount: 3 }),
  );
  const shown = await item(caseId);
  assert.deepEqual(shown.images, { received: 3, expected: 4, refused: 1, damaged: 0 });
  assert.equal(incompleteInWords(shown.incomplete), "3 of 4 images; 1 refused");
  assert.deepEqual(
    [shown.can.claim, shown.can.sign, shown.can.readIncomplete, shown.can.read],
    [false, false, true, true],
  );
  assert.notEqual((await withTenant(reader, (ctx) => nextCase(ctx)))?.caseId, caseId);
  await assert.rejects(claim(caseId), refusedWith("case.incomplete"));

  assert.deepEqual(await accept(caseId, 1), { refused: 1 });
  const { claimToken } = await claim(caseId);
  await save(caseId, claimToken, 0);
  // Another one is refused while it is read: it has to be said again.
  await tell(lost, { studyInstanceUid, sopInstanceUid: newUid() });
  await assert.rejects(sign(caseId, claimToken, 1), refusedWith("case.incomplete"));
  await assert.rejects(accept(caseId, 1), refusedWith("case.incomplete"));
  await accept(caseId, 2);
  const shownBefore = reportWords("").missingImages.text((await item(caseId)).images);
  await sign(caseId, claimToken, 1);
  const report = await withTenant(reader, (ctx) => getReport(ctx, { caseId }));
  const text = report.versions[0]!.sections.map((section) => section.text).join("\n");
  assert.match(text, /2 of 5 images were refused by the archive and were not available\./);
  assert.match(text, /No fracture in what was sent\./);
  assert.equal(report.versions[0]!.sections[0]?.text, shownBefore, "the panel before the signature showed the same");
  const { rows } = await db.owner.query(
    "SELECT details FROM audit_event WHERE action = 'case.read-incomplete' AND case_id = $1",
    [caseId],
  );
  assert.deepEqual(
    rows.map(({ details }) => details.refused),
    [1, 2],
  );
});

test("an image that comes in order after all makes the study whole again", async () => {
  const { caseId, studyInstanceUid, sopInstanceUids } = await makeUnreadCase(db.owner, { instances: 2 });
  await tell({ studyInstanceUid, sopInstanceUid: newUid() }, { studyInstanceUid, sopInstanceUid: sopInstanceUids[0]! });
  assert.equal((await item(caseId)).images.refused, 1, "what is stored is not missing");
  await tell();
  assert.deepEqual((await item(caseId)).images.refused, 0);
  await claim(caseId);
});

test("who said to read without one image did not say it of another that is refused later", async () => {
  const { caseId, studyInstanceUid } = await makeUnreadCase(db.owner);
  const [first, second] = [newUid(), newUid()];
  await tell({ studyInstanceUid, sopInstanceUid: first });
  await withTenant(reader, (ctx) => readIncomplete(ctx, { caseId, refused: 1 }));
  await tell();
  await tell({ studyInstanceUid, sopInstanceUid: second });
  await assert.rejects(
    withTenant(reader, (ctx) => claimCase(ctx, { caseId })),
    refusedWith("case.incomplete"),
  );
  await withTenant(reader, (ctx) => readIncomplete(ctx, { caseId, refused: 1 }));
  await withTenant(reader, (ctx) => claimCase(ctx, { caseId }));
  await tell();
});

test("the site sees what was refused on the page of its edge router, also what belongs to no study", async () => {
  const nameless = { reason: "dicom.invalid-uid" };
  const foreign = {
    studyInstanceUid: `2.25.${BigInt(`0x${randomUUID().replaceAll("-", "")}`)}`,
    sopInstanceUid: newUid(),
  };
  await tell(nameless, foreign);
  const edges = await withTenant(admin, (ctx) => listEdges(ctx));
  const { refused } = edges.find(({ edgeId }) => edgeId === edge.edgeId)!;
  assert.equal(refused.count, 2);
  assert.deepEqual(refused.items.map(({ reason, studyInstanceUid }) => [reason, studyInstanceUid]).sort(), [
    ["dicom.invalid-uid", ""],
    ["dicom.malformed", foreign.studyInstanceUid],
  ]);
  const wrong = await edge.call("POST", "/refused", {
    total: 1,
    objects: [{ reason: "Doe^Jane", callingAeTitle: "X" }],
  });
  assert.equal(wrong.status, 400);
});

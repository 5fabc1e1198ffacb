import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { chainAllWaitingReads } from "#server/audit/writer.ts";
import type { UserActor } from "#server/context.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { attachPriors, claimCase, lookAhead } from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import { makeUnreadCase } from "../factories/studies.ts";
import { type Tiny, tinyInstance } from "../factories/tiny-instance.ts";

/** A reader's browser fetches the images of his next case before he opens it: who may, and what the trail says of it. */
let archive: TestArchive;
let solheim: { actor: UserActor; cookie: string };
let mensah: UserActor;
before(async () => {
  archive = await useTestArchive();
  solheim = await signedIn("radiologist@nightshift.example");
  mensah = (await signedIn("radiologist2@nightshift.example")).actor;
});
after(() => archive.close());
beforeEach(() =>
  archive.owner.query("UPDATE reading_case SET state = 'cancelled', claimed_by_id = NULL WHERE state <> 'cancelled'"),
);

const ahead = (actor: UserActor) => withTenant(actor, (ctx) => lookAhead(ctx));
const studyOf = async (caseId: string): Promise<string> => {
  const { rows } = await archive.owner.query(
    "SELECT s.study_instance_uid AS uid FROM reading_case c JOIN study s ON s.id = c.study_ref WHERE c.id = $1",
    [caseId],
  );
  return rows[0].uid;
};
/** What the trail has of this study by its readers. */
const trail = async (uid: string): Promise<string[]> => {
  await chainAllWaitingReads();
  const { rows } = await archive.owner.query(
    `SELECT e.action FROM audit_event e JOIN study s ON s.id = e.study_ref WHERE s.study_instance_uid = $1 AND e.actor_id = $2
     AND e.action LIKE 'study.read%' ORDER BY e.seq`,
    [uid, solheim.actor.userId],
  );
  return rows.map(({ action }) => action);
};
const path = ({ study, series, instance }: Tiny) => [
  `/studies/${study}/series/${series}/metadata`,
  `/studies/${study}/series/${series}/instances/${instance}/frames/1`,
];

test("what comes next is told without claiming or opening it, and is another's as soon as he takes it", async () => {
  assert.equal(await ahead(solheim.actor), null, "nothing waits");
  const { caseId } = await makeUnreadCase(archive.owner);
  const next = await ahead(solheim.actor);
  assert.equal(next?.current.studyInstanceUid, await studyOf(caseId));
  assert.equal(next?.current.dicomwebRoot, "/dicomweb/lakeside");
  const { rows } = await archive.owner.query("SELECT state, claimed_by_id AS by FROM reading_case WHERE id = $1", [
    caseId,
  ]);
  assert.deepEqual(rows, [{ state: "unread", by: null }]);
  await chainAllWaitingReads();
  const { rows: opened } = await archive.owner.query("SELECT 1 FROM audit_event WHERE case_id = $1 AND actor_id = $2", [
    caseId,
    solheim.actor.userId,
  ]);
  assert.equal(opened.length, 0, "he has not looked at it");
  await withTenant(mensah, (ctx) => claimCase(ctx, { caseId }));
  assert.equal(await ahead(solheim.actor), null);
});

test("what a screen is laid out by is told with it, and the priors that hang by themselves, not those of somebody else", async () => {
  const patientId = "AHEAD-9";
  const patient = { patientId, patientName: "Ahead^Anna", patientBirthDate: "19610412", patientSex: "F" };
  const earlier = await makeUnreadCase(archive.owner, { ...patient, studyDate: "20240105" });
  await makeUnreadCase(archive.owner, { ...patient, studyDate: "20240106", patientBirthDate: "19900101" });
  await archive.owner.query("UPDATE reading_case SET state = 'cancelled'");
  const image = tinyInstance({
    elements: {
      "00080020": { vr: "DA", Value: ["20261120"] },
      "00080060": { vr: "CS", Value: ["MR"] },
      "00081030": { vr: "LO", Value: ["MR HEAD"] },
      "00100010": { vr: "PN", Value: [{ Alphabetic: patient.patientName }] },
      "00100020": { vr: "LO", Value: [patientId] },
      "00100030": { vr: "DA", Value: [patient.patientBirthDate] },
      "00100040": { vr: "CS", Value: [patient.patientSex] },
      "00180015": { vr: "CS", Value: ["HEAD"] },
    },
  });
  await archive.stow([image.part10]);
  const { rows: unread } = await archive.owner.query(
    "UPDATE reading_case SET state = 'unread' WHERE study_ref = (SELECT id FROM study WHERE study_instance_uid = $1) RETURNING id, org_id",
    [image.study],
  );
  const [{ id: caseId, org_id: lakeside }] = unread;
  await withTenantSql(systemActor(lakeside, "workers"), (ctx) => attachPriors(ctx, { caseId }));
  const next = await ahead(solheim.actor);
  assert.equal(next?.current.studyInstanceUid, image.study);
  assert.deepEqual(next.current.regions, ["head"]);
  assert.ok(next.current.series[0]?.facts);
  const { rows } = await archive.owner.query("SELECT study_instance_uid AS uid FROM study WHERE id = $1", [
    earlier.studyId,
  ]);
  assert.deepEqual(
    next.priors.map(({ studyInstanceUid }) => studyInstanceUid),
    [rows[0].uid],
  );
});

test("where the rules let nobody choose, nothing is told of what will be drawn", async () => {
  const { caseId } = await makeUnreadCase(archive.owner);
  await archive.owner.query("UPDATE reading_case SET drawn_rule_id = 'draw' WHERE id = $1", [caseId]);
  assert.equal(await ahead(solheim.actor), null);
});

test("images fetched ahead are in the trail as such, and opening them is opening them", async () => {
  const image = tinyInstance();
  await archive.stow([image.part10]);
  const get = async (headers: Record<string, string>) => {
    const answers = [];
    for (const each of path(image)) answers.push(await archive.request(each, { cookie: solheim.cookie, headers }));
    assert.ok(answers.every(({ status }) => status === 200));
    return answers.map((each) => each.headers.get("cache-control"));
  };
  assert.deepEqual(await get({ "overread-ahead": "1" }), ["no-store", "no-store"], "no copy stays on a disk");
  assert.deepEqual(await trail(image.study), ["study.read-ahead"]);
  await get({});
  assert.deepEqual(await trail(image.study), ["study.read-ahead", "study.read"]);
});

test("who fetches ahead gets nothing that he could not open, and a program opens whatever it says", async () => {
  const image = tinyInstance();
  await archive.stow([image.part10]);
  const headers = { "overread-ahead": "1" };
  const harbor = (await signedIn("admin@harbor.example")).cookie;
  const lead = (await signedIn("lead@nightshift.example")).cookie;
  for (const cookie of [harbor, lead])
    for (const each of path(image)) {
      const [plain, marked] = await Promise.all([
        archive.request(each, { cookie }),
        archive.request(each, { cookie, headers }),
      ]);
      assert.ok(plain.status === 403 || plain.status === 404);
      assert.equal(marked.status, plain.status);
    }
  for (const each of path(image)) assert.equal((await archive.request(each, { headers })).status, 200);
  await chainAllWaitingReads();
  const { rows } = await archive.owner.query(
    "SELECT DISTINCT e.action FROM audit_event e JOIN study s ON s.id = e.study_ref WHERE s.study_instance_uid = $1 AND e.action LIKE 'study.read%'",
    [image.study],
  );
  assert.deepEqual(rows, [{ action: "study.read" }]);
});

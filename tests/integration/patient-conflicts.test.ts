import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { newUid } from "@overread/shared/dicom/uids";
import { createCaller } from "#server/trpc/caller.ts";
import { conflictInWords } from "../../src/app/_ui/in-words.ts";
import { signedIn } from "../actors.ts";
import { type TestArchive, useTestArchive } from "../archive.ts";
import type { TinyWish } from "../factories/tiny-instance.ts";
import { tinyInstance } from "../factories/tiny-instance.ts";

let archive: TestArchive;
before(async () => {
  archive = await useTestArchive();
});
after(() => archive.close());

const patient = (id: string, name: string, birthDate = "19690412"): TinyWish["elements"] => ({
  "00100020": { vr: "LO", Value: [id] },
  "00100010": { vr: "PN", Value: [{ Alphabetic: name }] },
  "00100030": { vr: "DA", Value: [birthDate] },
});
async function shown(study: string) {
  const api = createCaller((await signedIn("radiologist@nightshift.example")).actor);
  const { items } = await api.worklist.list({ limit: 200 });
  const item = items.find(({ studyInstanceUid }) => studyInstanceUid === study)!;
  assert.ok(item, "the study is on the worklist");
  const [got, opened] = [await api.worklist.get(item), await api.study.open(item)];
  assert.deepEqual(got.patientConflict, item.patientConflict);
  assert.deepEqual(opened.item.patientConflict, item.patientConflict);
  return item;
}
const trail = async (study: string) =>
  (
    await archive.owner.query<{ details: { differ: string }; case_id: string | null }>(
      `SELECT e.details, e.case_id FROM audit_event e JOIN study s ON s.id = e.study_ref
       WHERE e.action = 'study.patient-conflict' AND s.study_instance_uid = $1 ORDER BY e.seq`,
      [study],
    )
  ).rows;

test("images of two patients under one Study Instance UID are kept, and the case says so in words", async () => {
  const study = newUid();
  const first = tinyInstance({ study, elements: patient("P-1", "Rivers^Alder") });
  await archive.stow([first.part10]);
  assert.equal((await shown(study)).patientConflict, null);

  const stranger = tinyInstance({ study, elements: patient("P-2", "Brook^Ash") });
  assert.equal((await archive.stow([stranger.part10])).status, 200);
  const item = await shown(study);
  assert.match(conflictInWords(item.patientConflict) ?? "", /different patients.*patient ID and name/);
  assert.doesNotMatch(conflictInWords(item.patientConflict) ?? "", /P-|Brook|Rivers/);
  assert.equal(item.images.received, 2, "nothing is thrown away or set aside");
  const [event, ...more] = await trail(study);
  assert.equal(event?.details.differ, "patient-id name");
  assert.equal(event?.case_id, item.caseId);
  assert.deepEqual(more, []);

  // More of the same stranger adds no entry; a date of birth that differs too does.
  await archive.stow([tinyInstance({ study, elements: patient("P-2", "Brook^Ash") }).part10]);
  assert.equal((await trail(study)).length, 1);
  await archive.stow([tinyInstance({ study, elements: patient("P-2", "Brook^Ash", "20010101") }).part10]);
  assert.equal((await trail(study)).length, 2);
  assert.match(conflictInWords((await shown(study)).patientConflict) ?? "", /date of birth/);
});

test("two patients in the very first batch are told apart as well", async () => {
  const study = newUid();
  await archive.stow([
    tinyInstance({ study, elements: patient("P-1", "Rivers^Alder") }).part10,
    tinyInstance({ study, elements: patient("P-1", "Rivers^Alder", "19700101") }).part10,
  ]);
  assert.match(conflictInWords((await shown(study)).patientConflict) ?? "", /differ in date of birth\./);
});

test("a name written more fully, or left out, is the same patient", async () => {
  const study = newUid();
  await archive.stow([
    tinyInstance({ study, elements: patient("P-1", "Rivers^Alder") }).part10,
    tinyInstance({ study, elements: patient("P-1", "RIVERS^ALDER^JAY") }).part10,
    tinyInstance({ study, elements: { "00100010": undefined, "00100030": undefined } }).part10,
  ]);
  assert.equal((await shown(study)).patientConflict, null);
  assert.deepEqual(await trail(study), []);
});

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { inWords } from "../../src/app/_ui/in-words.ts";
import { databaseBefore, type OldDatabase } from "../database-before.ts";

/** Reasons as the release before wrote them, in sentences, on a case and on its prior. */
const onTheCase = [
  "STAT",
  "Overdue",
  "Due within 30 minutes",
  "Due within 2 hours",
  "CT of the head",
  "CT for pulmonary embolism",
  "The request names an emergency",
  "Patient under 1 year",
  "Waiting over 30 minutes",
  "Waiting over 1 hour",
  "Waiting over 1.5 hours",
];
const onThePrior = [
  "Same modality (CT)",
  "Same region (upper limb, chest)",
  "Neighbouring region (abdomen)",
  "Same side (left)",
  "Other side (right)",
  "Same day",
  "1 day earlier",
  "59 days earlier",
  ...Array.from({ length: 23 }, (_, n) => `${n + 2} months earlier`),
  ...Array.from({ length: 20 }, (_, n) => `${n + 1} years earlier`),
];
let old: OldDatabase;
before(async () => {
  old = await databaseBefore("20261129010001_reasons_are_codes");
});
after(() => old.drop());

test("what stood on a case and its priors before reasons were codes reads the same afterwards", async () => {
  const [hospital, group] = [randomUUID(), randomUUID()];
  const one = async (sql: string, values: unknown[]) => (await old.owner.query(sql, values)).rows[0].id as string;
  await old.owner.query(
    `INSERT INTO organization (id, slug, name, kind, letterhead) VALUES ($1, 'old', 'Old', 'hospital', '{}'), ($2, 'readers', 'Readers', 'reading_group', '{}')`,
    [hospital, group],
  );
  await old.owner.query("INSERT INTO contract (org_id, reader_org_id) VALUES ($1, $2)", [hospital, group]);
  const patient = await one("INSERT INTO patient (org_id, patient_id) VALUES ($1, 'P') RETURNING id", [hospital]);
  const study = (uid: string) =>
    one(
      `INSERT INTO study (org_id, patient_ref, study_instance_uid, patient_id, patient_name, patient_name_search)
       VALUES ($1, $2, $3, 'P', 'P', 'p') RETURNING id`,
      [hospital, patient, uid],
    );
  const [current, earlier] = [await study("1.2.1"), await study("1.2.2")];
  const caseId = await one(
    `INSERT INTO reading_case (org_id, reader_org_id, study_ref, due_at, priority_reasons) VALUES ($1, $2, $3, now(), $4) RETURNING id`,
    [
      hospital,
      group,
      current,
      JSON.stringify([...onTheCase, "Somebody's own words"].map((text, points) => ({ text, points }))),
    ],
  );
  await old.owner.query(
    "INSERT INTO case_prior (case_id, study_ref, org_id, reader_org_id, relevance, reasons) VALUES ($1, $2, $3, $4, 50, $5)",
    [caseId, earlier, hospital, group, onThePrior],
  );

  await old.migrate();

  const { rows } = await old.owner.query(
    `SELECT c.priority_reasons AS "onCase", p.reasons AS "onPrior" FROM reading_case c JOIN case_prior p ON p.case_id = c.id`,
  );
  assert.deepEqual(rows[0].onCase.map(inWords), onTheCase);
  assert.deepEqual(
    rows[0].onCase.map(({ points }: { points: number }) => points),
    onTheCase.map((_, points) => points),
  );
  assert.deepEqual(rows[0].onPrior.map(inWords), onThePrior);
});

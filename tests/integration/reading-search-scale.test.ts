import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type pg from "pg";
import type { UserActor } from "#server/context.ts";
import { closeDatabase, pool } from "#server/db/clients.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { search as searchStudies } from "#server/domain/imaging/index.ts";
import { listCases } from "#server/domain/reading/index.ts";
import { orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeUnreadCase } from "../factories/studies.ts";

/** Most of them signed long ago, as in a list that has been in use for a year. */
const many = 50_000;
let db: Awaited<ReturnType<typeof useTestDatabase>>;
let reader: UserActor;
let admin: UserActor;
let plans: string[] = [];

before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  reader = (await signedIn("radiologist@nightshift.example")).actor;
  admin = (await signedIn("admin@harbor.example")).actor;
  await db.owner.query(
    `WITH f AS (SELECT f.id, f.org_id, c.reader_org_id FROM facility f JOIN contract c ON c.org_id = f.org_id WHERE f.slug = 'lakeside-main'),
     p AS (INSERT INTO patient (org_id, reader_org_id, patient_id) SELECT org_id, reader_org_id, 'MANY' FROM f RETURNING id),
     s AS (
       INSERT INTO study (org_id, reader_org_id, facility_id, patient_ref, study_instance_uid, patient_id, patient_name, patient_name_search,
         accession_number, study_date, study_description, modalities, body_parts, number_of_instances)
       SELECT f.org_id, f.reader_org_id, f.id, p.id, '2.25.7' || n, 'P' || n, 'x', md5(n::text) || ' ' || substr(md5('g' || n), 1, 6) || '=',
         'A' || n, '20260101', CASE WHEN n % 5 = 0 THEN 'MR KNEE' ELSE 'CT CHEST' END, '{CT}', '{CHEST}', 1
       FROM generate_series(1, ${many}) n, f, p RETURNING id, org_id, reader_org_id, facility_id)
     INSERT INTO reading_case (org_id, reader_org_id, facility_id, study_ref, state, priority_score, due_at, completed_at, updated_at)
     SELECT org_id, reader_org_id, facility_id, id, CASE WHEN open THEN 'unread' ELSE 'final' END::"CaseState", CASE WHEN open THEN 100 ELSE 0 END,
       now() + random() * interval '9 days', CASE WHEN open THEN NULL ELSE now() - interval '30 days' END, now()
     FROM (SELECT *, row_number() OVER () % 100 = 0 AS open FROM s) s`,
  );
  await db.owner.query("ANALYZE");
  // Every connection of the application tells how each of its statements was run, those inside functions too.
  const { rows } = await db.owner.query<{ name: string }>("SELECT current_database() AS name");
  for (const [setting, value] of [
    ["session_preload_libraries", "auto_explain"],
    ["auto_explain.log_min_duration", "0"],
    ["auto_explain.log_nested_statements", "on"],
    ["auto_explain.log_level", "notice"],
  ])
    await db.owner.query(`ALTER DATABASE ${rows[0]!.name} SET ${setting} = '${value}'`);
  await closeDatabase();
  pool("overread_app").on("connect", (client: pg.PoolClient) => {
    client.on("notice", ({ message }) => plans.push(message ?? ""));
  });
});
after(() => db.drop());

/** What a search finds, and how the database went about it. */
async function search(actor: UserActor, text: string) {
  plans = [];
  const { items } = await withTenant(actor, (ctx) => listCases(ctx, { filter: { text }, limit: 50 }));
  const run = plans.filter((plan) => /Query Text:/.test(plan)).map((plan) => plan.slice(plan.indexOf("Query Text:")));
  assert.ok(
    run.some((plan) => plan.includes("reading_case")),
    "the plans were told",
  );
  return { items, run };
}
function assertNoScan(run: string[], text: string): void {
  for (const plan of run) assert.doesNotMatch(plan, /Seq Scan on (reading_case|study)\b/, `${text}: ${plan}`);
}

test("among 50,000 cases a name, a number or a description is found without reading through them", async () => {
  const wanted = await makeUnreadCase(db.owner, {
    patientName: "Quetzal^Ximena=山田^花子",
    patientId: "ZZ-4711",
    accessionNumber: "ACC-9001",
    studyDescription: "US THYROID",
  });
  for (const text of ["quetzal", "etza", "Ximena", "ZZ-47", "acc-9001", "thyroid", "山田", "花子"]) {
    const { items, run } = await search(reader, text);
    assert.deepEqual(
      items.map(({ caseId }) => caseId),
      [wanted.caseId],
      text,
    );
    assertNoScan(run, text);
    assert.ok(
      run.some((plan) => /Bitmap Index Scan on study_text/.test(plan)),
      `${text} is looked up`,
    );
  }
});

test("nothing found, and more found than fits a page, are answered without reading through them as well", async () => {
  for (const text of ["qqqqzzzz", "ct chest", "knee", "MR", "p1"]) {
    const { items, run } = await search(reader, text);
    assert.equal(items.length, text === "qqqqzzzz" ? 0 : 50, text);
    assertNoScan(run, text);
  }
});

test("a name that begins so is found by its index over DICOMweb too, before the row policies are asked", async () => {
  const { rows } = await db.owner.query<{ patient_name_search: string }>(
    "SELECT patient_name_search FROM study WHERE patient_id = 'P777'",
  );
  const name = rows[0]!.patient_name_search.slice(0, 8);
  const hospitalOrgId = await orgId("lakeside");
  for (const value of [`${name}*`, `${name.slice(0, 4)}?${name.slice(5)}*`]) {
    plans = [];
    const { items } = await withTenant(reader, (ctx) =>
      searchStudies(ctx, {
        level: "study",
        hospitalOrgId,
        matches: [["PatientName", value]],
        fuzzy: false,
        includeFields: [],
        limit: 50,
        offset: 0,
      }),
    );
    assert.equal(items.length, 1, value);
    assert.ok(
      plans.some((plan) => /Index Cond: .*patient_name_search ~>=~/.test(plan)),
      `${value}: ${plans.join("\n")}`,
    );
  }
});

test("the look-up shows nobody what is not theirs", async () => {
  const { items } = await search(admin, "ct chest");
  assert.deepEqual(items, []);
  const rows = await withTenant(
    admin,
    ({ tx }) => tx.$queryRaw<unknown[]>`SELECT * FROM study_text_matches('%a%', NULL, NULL, '%', '%', NULL, 100)`,
  );
  assert.deepEqual(rows, []);
  for (const role of ["overread_auth", "overread_maintenance"] as const)
    await assert.rejects(
      pool(role).query("SELECT * FROM study_text_matches('%', NULL, NULL, '%', '%', NULL, 1)"),
      /permission denied/,
    );
});

test("one or two letters are the start of a word", async () => {
  const wanted = await makeUnreadCase(db.owner, { patientName: "Ng^Oy", studyDescription: "XA" });
  for (const text of ["ng", "oy", "xa"]) {
    const { items } = await search(reader, text);
    assert.ok(
      items.some(({ caseId }) => caseId === wanted.caseId),
      text,
    );
  }
  assert.ok(!(await search(reader, "gо")).items.some(({ caseId }) => caseId === wanted.caseId));
});

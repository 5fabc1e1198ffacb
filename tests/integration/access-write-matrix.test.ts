import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type pg from "pg";
import { pool } from "#server/db/clients.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { attachPriors } from "#server/domain/reading/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { type Tenants, useTenants } from "../access/tenants.ts";
import { pointers, type Side, tables } from "../access/write-lines.ts";
import { orgId } from "../actors.ts";

/**
 * Every table written by the application's own role with the tenant set to each kind of organisation: rows of its own, rows it
 * reads, rows of a hospital that is none of its business. No verb and no policy of the application stands before this; what is
 * refused, the database refuses. The tables come from the catalogue.
 */
type Row = Record<string, unknown>;
type Table = { name: string; columns: string[]; key: string[] };

let tenants: Tenants;
let client: pg.PoolClient;
let catalogue: Table[];
const ids: Record<string, string> = {};

before(async () => {
  tenants = await useTenants();
  for (const slug of ["lakeside", "harbor", "nightshift", "idle", "overread", "faraway", "daybreak"])
    ids[slug] = await orgId(slug);
  await furnishRest();
  ({ rows: catalogue } = await tenants.owner.query<Table>(
    `SELECT c.relname AS name, (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       (SELECT array_agg(a.attname::text) FROM pg_index x JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (x.indkey)
         WHERE x.indrelid = c.oid AND x.indisprimary) AS key
     FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE '\\_prisma%' ORDER BY 1`,
  ));
  client = await pool("overread_app").connect();
});
after(async () => {
  client.release();
  await tenants.close();
});

/** What the matrix of reads has no use for: a row of each kind for two hospitals that have nothing to do with each other. */
async function furnishRest(): Promise<void> {
  const { owner } = tenants;
  for (const things of [tenants.lakeside, tenants.faraway]) {
    const { rows } = await owner.query("SELECT org_id, reader_org_id FROM reading_case WHERE id = $1", [things.caseId]);
    const { org_id: hospital, reader_org_id: reader } = rows[0];
    const staff = await owner.query(
      `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
       VALUES ($1, $2, 'Staff', 'Staff', '{}', '{}', '{}') RETURNING id`,
      [hospital, `${randomUUID()}@example.org`],
    );
    const person = staff.rows[0].id;
    await owner.query(
      "INSERT INTO credential (user_id, org_id, password_hash) VALUES ($1, $2, 'x') ON CONFLICT DO NOTHING",
      [person, hospital],
    );
    await owner.query("INSERT INTO session (user_id, org_id, expires_at) VALUES ($1, $2, now() + interval '1 hour')", [
      person,
      hospital,
    ]);
    await owner.query("INSERT INTO api_token (org_id, name, token_sha256, scopes) VALUES ($1, 'x', $2, '{}')", [
      hospital,
      randomUUID(),
    ]);
    await owner.query("UPDATE facility SET default_referrer_id = $1 WHERE id = $2", [person, things.facilityId]);
    await withTenant(systemActor(hospital, "test"), (ctx) => attachPriors(ctx, { caseId: things.caseId }));
    await owner.query(
      `INSERT INTO case_prior (case_id, study_ref, org_id, reader_org_id, relevance, reasons) VALUES ($1, $2, $3, $4, 1, '[]') ON CONFLICT DO NOTHING`,
      [things.caseId, things.signedStudyId, hospital, reader],
    );
    await owner.query(
      `INSERT INTO enrollment_code (org_id, facility_id, code_sha256, expires_at) VALUES ($1, $2, $3, now())`,
      [hospital, things.facilityId, randomUUID()],
    );
    await owner.query(
      `INSERT INTO delivery (org_id, reader_org_id, facility_id, kind, destination_id, subject_type, subject_id, study_ref, case_id)
       SELECT d.org_id, d.reader_org_id, $2, t.kind, t.id, 'instance', d.instance_id, v.study_ref, v.case_id
       FROM report_document d JOIN report_version v ON v.id = d.report_version_id JOIN destination t ON t.facility_id = $2
       WHERE d.org_id = $1 ON CONFLICT DO NOTHING`,
      [hospital, things.facilityId],
    );
    await owner.query(
      `INSERT INTO identity_clearance (org_id, study_ref, other_study_ref, differ, reason, cleared_by_id, cleared_by_name)
       VALUES ($1, $2, $2, '{}', 'x', $3, 'Staff')`,
      [hospital, things.signedStudyId, person],
    );
    await owner.query(
      "INSERT INTO invitation (user_id, org_id, token_sha256, invited_by, expires_at) VALUES ($1, $2, $3, $1, now())",
      [person, hospital, randomUUID()],
    );
    await owner.query(
      "INSERT INTO refused_object (org_id, edge_id, reason, received_at) VALUES ($1, $2, 'no-study', now())",
      [hospital, things.edgeId],
    );
    await owner.query(
      `INSERT INTO draft_handover (org_id, reader_org_id, case_id, act, version, template_id, sections, key_images, author_id, written_at, by_id)
       SELECT org_id, reader_org_id, case_id, 'set-aside', version, template_id, sections, key_images, author_id, updated_at, author_id
       FROM report_draft WHERE case_id = $1`,
      [things.caseId],
    );
    await owner.query(
      `INSERT INTO case_markup (case_id, author_id, org_id, reader_org_id, document)
       SELECT $1, u.id, $2, $3, '{"measurements": [], "presentations": []}' FROM user_account u WHERE u.org_id = $3 LIMIT 1`,
      [things.caseId, hospital, reader],
    );
    await owner.query(
      `WITH s AS (INSERT INTO over_read_seen (over_read_id, org_id, reader_org_id, by_id)
         SELECT id, org_id, reader_org_id, by_id FROM over_read WHERE id = $1)
       INSERT INTO over_read_closure (over_read_id, org_id, reader_org_id, note, by_id)
       SELECT id, org_id, reader_org_id, 'Talked about.', by_id FROM over_read WHERE id = $1`,
      [things.overReadId],
    );
    await owner.query(
      `INSERT INTO damaged_object (org_id, instance_id, study_ref, fault, found_by)
       SELECT org_id, id, study_ref, 'corrupt', 'scrub' FROM instance WHERE study_ref = $1 LIMIT 1`,
      [things.signedStudyId],
    );
    await owner.query(
      `INSERT INTO case_skip (case_id, user_id, org_id, reader_org_id, reason, skipped_until)
       SELECT $1, u.id, $2, $3, 'Not my field', now() FROM user_account u WHERE u.org_id = $3 LIMIT 1`,
      [things.caseId, hospital, reader],
    );
    await owner.query(
      `INSERT INTO case_decline (case_id, user_id, org_id, reader_org_id, reason)
       SELECT $1, u.id, $2, $3, 'Not my field' FROM user_account u WHERE u.org_id = $3 LIMIT 1`,
      [things.caseId, hospital, reader],
    );
    await owner.query(
      `INSERT INTO case_handover (case_id, org_id, reader_org_id, from_id, to_id, note)
       SELECT $1, $2, $3, u.id, coalesce((SELECT o.id FROM user_account o WHERE o.org_id = $3 AND o.id <> u.id LIMIT 1), $4), 'Sagittals still to come.'
       FROM user_account u WHERE u.org_id = $3 LIMIT 1`,
      [things.caseId, hospital, reader, person],
    );
    await owner.query(
      `INSERT INTO assignment_run (org_id, at, rules_version, cases, readers, changes, took_ms, snapshot, outcome)
       VALUES ($1, now(), 0, 0, 0, 0, 0, '', '')`,
      [hospital],
    );
    await owner.query(
      `INSERT INTO case_message (case_id, org_id, reader_org_id, kind, text, by_id)
       SELECT $1, $2, $3, 'question', 'x', u.id FROM user_account u WHERE u.org_id = $3 LIMIT 1`,
      [things.caseId, hospital, reader],
    );
    await owner.query(
      `INSERT INTO tech_check_entry (case_id, org_id, reader_org_id, kind, instance_id, by_id)
       SELECT $1, $2, $3, 'document', (SELECT i.id FROM instance i JOIN reading_case c ON c.study_ref = i.study_ref WHERE c.id = $1 LIMIT 1), $4`,
      [things.caseId, hospital, reader, person],
    );
    await owner.query(
      "INSERT INTO assignment_rule_set (org_id, version, sheet, saved_by_id) VALUES ($1, 1, '[]', $2)",
      [hospital, person],
    );
    await owner.query(
      `INSERT INTO notice (org_id, user_id, kind, params, case_id, matter, acknowledged_at, acknowledged_by_id)
       VALUES ($1, $2, 'case-escalated', '{}', $3, 'x', now(), $2)`,
      [hospital, person, things.caseId],
    );
    await owner.query("INSERT INTO notice_mail (user_id, org_id, address) VALUES ($1, $2, 'x@example.org')", [
      person,
      hospital,
    ]);
    await owner.query(
      `INSERT INTO notice_push (user_id, org_id, endpoint, p256dh, auth, browser, system)
       VALUES ($1, $2, 'https://push.example.org/x', repeat('x', 87), 'x', 'other', 'other')`,
      [person, hospital],
    );
    await owner.query(
      "INSERT INTO notice_webhook (org_id, url, secret, saved_by_id) VALUES ($1, 'https://example.org', 'x', $2)",
      [hospital, person],
    );
    await owner.query(
      `INSERT INTO notice_delivery (org_id, channel, user_id, kind, case_id, matter) VALUES ($1, 'mail', $2, 'case-escalated', $3, 'x')`,
      [hospital, person, things.caseId],
    );
    await owner.query("INSERT INTO escalation_ladder (org_id, steps, saved_by_id) VALUES ($1, '[]', $2)", [
      hospital,
      person,
    ]);
    await owner.query(
      "INSERT INTO escalation_ladder_version (org_id, version, steps, saved_by_id) VALUES ($1, 1, '[]', $2)",
      [hospital, person],
    );
    await owner.query(
      `INSERT INTO escalation_step (case_id, step, percent, audience, org_id, reader_org_id, since, taken_at, people, acknowledged_at, acknowledged_by_id)
       SELECT $1, '80:pool', 80, 'pool', $2, $3, now(), now(), 1, now(), u.id FROM user_account u WHERE u.org_id = $3 LIMIT 1`,
      [things.caseId, hospital, reader],
    );
    await owner.query(
      "INSERT INTO escalation_watch (case_id, org_id, reader_org_id, due_at, ladder_version) VALUES ($1, $2, $3, now(), 0)",
      [things.caseId, hospital, reader],
    );
    await owner.query("INSERT INTO case_clock_stop (case_id, org_id, reader_org_id, why) VALUES ($1, $2, $3, 'held')", [
      things.caseId,
      hospital,
      reader,
    ]);
    await owner.query(
      `INSERT INTO service_level (contract_id, org_id, reader_org_id, valid_from, holidays, lines, otherwise, created_by_id)
       SELECT id, org_id, reader_org_id, now(), '[]', '[]', '{}', $2 FROM contract WHERE org_id = $1 LIMIT 1`,
      [hospital, person],
    );
    await owner.query(
      `INSERT INTO prior_terms (contract_id, org_id, reader_org_id, lends, borrows, created_by_id)
       SELECT id, org_id, reader_org_id, false, false, $2 FROM contract WHERE org_id = $1 LIMIT 1`,
      [hospital, person],
    );
    await owner.query(
      `INSERT INTO borrowed_prior (case_id, study_ref, claim_token, org_id, reader_org_id, borrowed_by_id, relevance, reasons)
       VALUES ($1, $2, 0, $3, $4, $5, 1, '[]')`,
      [things.caseId, things.signedStudyId, hospital, reader, person],
    );
    await owner.query(
      `WITH g AS (INSERT INTO reader_group (org_id, name, reader_ids) VALUES ($1, 'Staff', ARRAY[$2]::uuid[]) RETURNING id),
        l AS (UPDATE saved_list SET audience = 'group', group_id = g.id FROM g WHERE saved_list.org_id = $1 RETURNING saved_list.id),
        w AS (INSERT INTO list_watch (list_id, user_id, org_id) SELECT l.id, $2, $1 FROM l)
       INSERT INTO list_alert (user_id, case_id, org_id, list_id) SELECT $2, $3, $1, l.id FROM l`,
      [hospital, person, things.caseId],
    );
    await owner.query("INSERT INTO referral_reading (study_ref, user_id, org_id, version) VALUES ($1, $2, $3, 1)", [
      things.signedStudyId,
      person,
      hospital,
    ]);
    await owner.query(
      `INSERT INTO audit_read (org_id, at, actor_org_id, actor_kind, actor_id, actor_name, action, outcome, details, request_id, stream, stream_n, mac)
       VALUES ($1, now(), $1, 'system', 'x', 'x', 'case.list', 'success', '{}', '', gen_random_uuid(), 1, repeat('0', 64))`,
      [hospital],
    );
    await owner.query(`UPDATE study SET referrer_id = $1 WHERE org_id = $2 AND referrer_id IS NULL`, [
      person,
      hospital,
    ]);
    await furnishReaders(reader, things.facilityId);
  }
}

/** What a group keeps of its readers. */
async function furnishReaders(group: string, facility: string): Promise<void> {
  const { owner } = tenants;
  const { rows } = await owner.query("SELECT id FROM user_account WHERE org_id = $1 ORDER BY id DESC LIMIT 2", [group]);
  const one = rows[0].id;
  const { rows: others } = await owner.query(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     VALUES ($1, $2, 'Reader', 'Reader', '{radiologist}', '{}', '{}') RETURNING id`,
    [group, `${randomUUID()}@example.org`],
  );
  const other = others[0].id;
  for (const sql of [
    "INSERT INTO reader_settings (org_id, updated_by_id) VALUES ($1, $2) ON CONFLICT (org_id) DO UPDATE SET updated_by_id = $2",
    "INSERT INTO reader_profile (user_id, org_id, updated_by_id) VALUES ($2, $1, $2) ON CONFLICT (user_id) DO UPDATE SET updated_by_id = $2",
    "INSERT INTO reader_licence (user_id, org_id, jurisdiction, number, created_by_id) VALUES ($2, $1, 'DE-BY', 'x', $2)",
    "INSERT INTO licence_check (org_id, licence_id, outcome, source, by_id) SELECT org_id, id, 'confirmed', 'register', $2 FROM reader_licence WHERE org_id = $1",
    "INSERT INTO licence_document (org_id, licence_id, media_type, size_bytes, sha256, object_key, by_id) SELECT org_id, id, 'application/pdf', 1, repeat('a', 64), 'licences/' || org_id || '/aa/x', $2 FROM reader_licence WHERE org_id = $1",
    "INSERT INTO reader_shift (org_id, user_id, weekdays, starts, ends, time_zone, created_by_id) VALUES ($1, $2, '{1}', '08:00', '16:00', 'UTC', $2)",
    "INSERT INTO work_unit_table (org_id, version, content, by_id) SELECT $1, 1 + count(*), '{}', $2 FROM work_unit_table WHERE org_id = $1",
    "INSERT INTO hanging_protocol (org_id, owner_id, document) VALUES ($1, $2, '{}')",
    "INSERT INTO credential_reminder (org_id, user_id, subject_id, kind, ends_at, step) VALUES ($1, $2, $2, 'licence', now(), 60)",
  ])
    await owner.query(sql, [group, one]);
  await owner.query(
    `INSERT INTO shift_fairness (org_id, starts_at, ends_at, reader_ids, jain, gini, readers, cases, loads)
     VALUES ($1, now() - interval '1 hour', now(), ARRAY[$2]::uuid[], 1, 0, 1, 0, '[]')`,
    [group, one],
  );
  await owner.query(
    "INSERT INTO reader_group (org_id, name, reader_ids) VALUES ($1, 'All of them', ARRAY[$2]::uuid[])",
    [group, one],
  );
  await owner.query(
    `INSERT INTO facility_privilege (org_id, user_id, facility_id, level, granted_by_id) VALUES ($1, $2, $3, 'report', $2)
     ON CONFLICT (user_id, facility_id) DO UPDATE SET granted_by_id = $2`,
    [group, one, facility],
  );
  await owner.query(
    `WITH w AS (INSERT INTO shift_swap (org_id, from_user_id, to_user_id, starts_at, ends_at) VALUES ($1, $2, $3, now(), now() + interval '1 hour') RETURNING id)
     INSERT INTO shift_change (org_id, user_id, kind, starts_at, ends_at, swap_id, by_id)
     SELECT $1, $2, 'extra', now(), now() + interval '1 hour', w.id, $2 FROM w`,
    [group, one, other],
  );
}

const callers = ["lakeside", "harbor", "nightshift", "idle", "overread"] as const;
type Outcome = "written" | "refused" | "nothing";

/** One statement under a tenant, undone again. Anything but a refusal or a key that exists already is a fault of this test. */
async function attempt(caller: string, sql: string, values: unknown[]): Promise<Outcome> {
  await client.query("BEGIN");
  try {
    await client.query("SELECT set_config('app.org_id', $1, true)", [ids[caller]]);
    return (await client.query(sql, values)).rowCount ? "written" : "nothing";
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === "42501") return "refused";
    // The wall is asked before the index: a key that is taken was let through.
    if (code === "23505") return "written";
    throw new Error(`${sql}: ${message}`);
  } finally {
    await client.query("ROLLBACK");
  }
}
const name = (text: string): string => `"${text}"`;
const insert = (caller: string, table: Table, row: Row): Promise<Outcome> =>
  attempt(
    caller,
    `INSERT INTO ${name(table.name)} SELECT * FROM jsonb_populate_record(NULL::${name(table.name)}, $1::jsonb)`,
    [JSON.stringify(row)],
  );
/** Sets one column to what `values` has for it, in the row that `row` is. */
const update = (caller: string, table: Table, row: Row, column: string, values: Row = row): Promise<Outcome> =>
  attempt(
    caller,
    `UPDATE ${name(table.name)} SET ${name(column)} = (jsonb_populate_record(NULL::${name(table.name)}, $1::jsonb)).${name(column)} WHERE ${where(table)}`,
    [JSON.stringify(values), JSON.stringify(row)],
  );
const remove = (caller: string, table: Table, row: Row): Promise<Outcome> =>
  attempt(caller, `DELETE FROM ${name(table.name)} WHERE $1::jsonb IS NOT NULL AND ${where(table)}`, [
    "{}",
    JSON.stringify(row),
  ]);
const where = ({ name: table, key }: Table): string =>
  key
    .map((column) => `${name(column)} = (jsonb_populate_record(NULL::${name(table)}, $2::jsonb)).${name(column)}`)
    .join(" AND ");

/** A row of each organisation that has one, as it stands. */
async function samples(table: Table): Promise<Row[]> {
  const owner = table.columns.includes("org_id") ? "org_id" : table.name === "organization" ? "id" : null;
  if (!owner) return [];
  const { rows } = await tenants.owner.query<{ row: Row }>(
    `SELECT DISTINCT ON (${owner}) to_jsonb(t) AS row FROM ${name(table.name)} t ORDER BY ${owner}`,
  );
  return rows.map(({ row }) => row);
}
/** As it would be written anew. */
function fresh(caller: string, table: Table, row: Row): Row {
  const copy = { ...row };
  if (table.name === "audit_read") Object.assign(copy, { actor_org_id: ids[caller], at: new Date() });
  if (table.key.join() === "id") copy.id = randomUUID();
  if (table.name === "reading_case") copy.state = "arriving";
  if (table.name === "service_level") copy.valid_from = new Date(Date.now() + 86_400_000);
  return copy;
}
const readsFor: Record<string, string[]> = { nightshift: ["lakeside", "harbor"] };
function sideOf(caller: string, row: Row): Side | null {
  if ((row.org_id ?? row.id) === ids[caller]) return "owner";
  if (row.reader_org_id && row.reader_org_id === ids[caller]) return "reader";
  const partners = readsFor[caller] ?? (["lakeside", "harbor"].includes(caller) ? ["nightshift"] : []);
  return partners.some((slug) => ids[slug] === row.org_id) ? "partner" : null;
}

test("every table has its line in the matrix of writes, and its walls stand for everybody", async () => {
  assert.deepEqual(catalogue.map((table) => table.name).sort(), Object.keys(tables).sort());
  const { rows } = await tenants.owner.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT LIKE '\\_prisma%'
       AND NOT (relrowsecurity AND relforcerowsecurity)`,
  );
  assert.deepEqual(rows, []);
});

test("what no organisation may do to a table, the role has no privilege for", async () => {
  for (const { name: table } of catalogue)
    for (const verb of ["insert", "update", "delete"] as const) {
      if (tables[table]![verb].length > 0) continue;
      const ask = verb === "delete" ? "has_table_privilege" : "has_any_column_privilege";
      const { rows } = await tenants.owner.query(`SELECT ${ask}('overread_app', $1, $2) AS may`, [table, verb]);
      assert.equal(rows[0].may, false, `${verb} ${table}`);
    }
});

test("rows are written by the side whose they are, and by nobody else", async () => {
  let allowed = 0;
  for (const table of catalogue) {
    const line = tables[table.name]!;
    const rows = await samples(table);
    if ([...line.insert, ...line.update, ...line.delete].length > 0)
      for (const slug of line.of === "group" ? ["nightshift", "daybreak"] : ["lakeside", "faraway"])
        assert.ok(
          rows.some((row) => row.org_id === ids[slug]),
          `no row of ${slug} in ${table.name}`,
        );
    for (const caller of callers)
      for (const row of rows) {
        const side = sideOf(caller, row);
        const may = (verb: "insert" | "update" | "delete") => side !== null && line[verb].includes(side);
        const what = `${caller} (${side ?? "stranger"}), ${table.name} of ${Object.keys(ids).find((slug) => ids[slug] === row.org_id)}`;
        const check = (verb: "insert" | "update" | "delete", outcomes: Outcome[]) => {
          assert.equal(outcomes.includes("written"), may(verb), `${verb} by ${what}: ${outcomes}`);
          if (may(verb)) allowed++;
        };
        check("insert", [await insert(caller, table, fresh(caller, table, row))]);
        const updates: Outcome[] = [];
        for (const column of table.columns) updates.push(await update(caller, table, row, column));
        check("update", updates);
        check("delete", [await remove(caller, table, row)]);
      }
  }
  assert.ok(allowed > 40, `${allowed} allowed writes were seen`);
});

test("nobody moves a row to another organisation, or gives it to a group without a contract", async () => {
  for (const table of catalogue)
    for (const column of ["org_id", "reader_org_id"].filter((each) => table.columns.includes(each)))
      for (const caller of callers)
        for (const row of await samples(table)) {
          if (!sideOf(caller, row)) continue;
          for (const target of ["faraway", "daybreak", "idle", "overread"]) {
            if (ids[target] === ids[caller]) continue;
            const changed = { ...row, [column]: ids[target] };
            const what = `${caller}: ${table.name}.${column} to ${target}`;
            assert.notEqual(await insert(caller, table, fresh(caller, table, changed)), "written", `insert, ${what}`);
            assert.notEqual(await update(caller, table, row, column, changed), "written", `update, ${what}`);
          }
        }
});

test("nobody writes a row that points at what is another organisation's", async () => {
  for (const [tableName, columns] of Object.entries(pointers)) {
    const table = catalogue.find((each) => each.name === tableName)!;
    const rows = await samples(table);
    const ofGroup = tables[tableName]!.of === "group";
    const foreign = rows.find((row) => row.org_id === (ofGroup ? ids.daybreak : ids.faraway))!;
    const own = rows.find((row) => row.org_id === (ofGroup ? ids.nightshift : ids.lakeside))!;
    for (const column of columns)
      for (const caller of ["lakeside", "nightshift"]) {
        assert.ok(foreign[column], `${tableName}.${column} of faraway points nowhere`);
        const changed = { ...own, [column]: foreign[column] };
        assert.notEqual(
          await insert(caller, table, fresh(caller, table, changed)),
          "written",
          `${caller}: ${tableName}.${column}`,
        );
        assert.notEqual(
          await update(caller, table, own, column, changed),
          "written",
          `${caller}: ${tableName}.${column}`,
        );
      }
  }
});

test("bytes and identities are written once; only the group signs; a job names no other organisation", async () => {
  const never: [caller: string, sql: string, values: unknown[]][] = [
    ["lakeside", "UPDATE instance SET data_set_sha256 = 'x'", []],
    ["lakeside", "UPDATE instance SET object_key = 'x'", []],
    ["lakeside", "UPDATE study SET study_instance_uid = '1.2.3' WHERE org_id = $1", [ids.lakeside]],
    ["lakeside", "UPDATE reading_case SET state = 'final' WHERE id = $1", [tenants.lakeside.caseId]],
    [
      "lakeside",
      "UPDATE reading_case SET state = 'held', paused_from = 'final' WHERE id = $1",
      [tenants.lakeside.caseId],
    ],
    [
      "nightshift",
      "UPDATE reading_case SET study_ref = $2 WHERE id = $1",
      [tenants.lakeside.caseId, tenants.harbor.studyId],
    ],
    ["lakeside", "UPDATE session SET user_id = user_id", []],
    [
      "nightshift",
      `INSERT INTO outbox_job (org_id, name, payload) VALUES ($1, 'case.prioritize', jsonb_build_object('orgId', $2::text, 'caseId', $3::text))`,
      [ids.lakeside, ids.faraway, tenants.faraway.caseId],
    ],
  ];
  for (const [caller, sql, values] of never) assert.equal(await attempt(caller, sql, values), "refused", sql);
});

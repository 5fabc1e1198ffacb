import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type pg from "pg";
import type { TokenActor } from "#server/context.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { listWaiting, recordOutcome, takeDeliveries } from "#server/domain/exchange/index.ts";
import { databaseBefore, type OldDatabase } from "../database-before.ts";

/**
 * A database as the release before `domain/exchange` left it, with a delivery in every state there was: after the migration exactly the same
 * is owed, by the same ids, and nothing that arrived is sent again.
 */
let owner: pg.Client;
let old: OldDatabase;
const [hospital, group, withPacs, without] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
const pacs = { aeTitle: "OLDPACS", host: "10.0.0.9", port: 104 };

type Old = {
  what: string;
  facility: string;
  state: "waiting" | "delivered";
  attempts: number;
  reason: string | null;
  /** Seconds from now; null: not leased. */
  leased: number | null;
};
const rows: Old[] = [
  { what: "never tried", facility: withPacs, state: "waiting", attempts: 0, reason: null, leased: null },
  { what: "in somebody's hands", facility: withPacs, state: "waiting", attempts: 1, reason: null, leased: 60 },
  { what: "lost by whoever had it", facility: withPacs, state: "waiting", attempts: 2, reason: null, leased: -1 },
  {
    what: "resting after a failure",
    facility: withPacs,
    state: "waiting",
    attempts: 9,
    reason: "status-a700",
    leased: 45,
  },
  {
    what: "due after a failure",
    facility: withPacs,
    state: "waiting",
    attempts: 3,
    reason: "connection-refused",
    leased: -5,
  },
  {
    what: "tried again by an operator",
    facility: withPacs,
    state: "waiting",
    attempts: 4,
    reason: "retrieve-http-503",
    leased: null,
  },
  { what: "arrived", facility: withPacs, state: "delivered", attempts: 1, reason: null, leased: null },
  {
    what: "waiting for a PACS that is not named any more",
    facility: without,
    state: "waiting",
    attempts: 0,
    reason: null,
    leased: null,
  },
  {
    what: "arrived at a PACS that is not named any more",
    facility: without,
    state: "delivered",
    attempts: 5,
    reason: null,
    leased: null,
  },
];
type Made = Old & { id: string; instanceId: string };
const made: Made[] = [];
const named = (ids: string[]) => ids.map((id) => made.find((row) => row.id === id)?.what).sort();

before(async () => {
  old = await databaseBefore("20261128010101_exchange");
  owner = old.owner;
  await furnish();
});
after(() => old.drop());

/** Rows as the old release wrote them. */
async function furnish(): Promise<void> {
  const one = async (sql: string, values: unknown[]) => (await owner.query<{ id: string }>(sql, values)).rows[0]!.id;
  await owner.query(
    `INSERT INTO organization (id, slug, name, kind, letterhead) VALUES ($1, 'old', 'Old', 'hospital', '{}'), ($2, 'readers', 'Readers', 'reading_group', '{}')`,
    [hospital, group],
  );
  await owner.query("INSERT INTO contract (org_id, reader_org_id) VALUES ($1, $2)", [hospital, group]);
  const facility = `INSERT INTO facility (id, org_id, slug, name, allowed_calling_ae_titles, called_ae_titles, prior_ae_titles, local_pacs_ae_title,
    local_pacs_host, local_pacs_port) VALUES ($1, $2, $3, 'F', '{}', '{}', '{}', $4, $5, $6)`;
  await owner.query(facility, [withPacs, hospital, "with", pacs.aeTitle, pacs.host, pacs.port]);
  // Half a PACS is none.
  await owner.query(facility, [without, hospital, "without", "GONE", null, null]);
  const patient = await one(
    "INSERT INTO patient (org_id, reader_org_id, patient_id) VALUES ($1, $2, 'P') RETURNING id",
    [hospital, group],
  );
  const reader = await one(
    `INSERT INTO user_account (org_id, email, display_name, person_name, roles, facility_ids, referrer_names)
     VALUES ($1, 'r@readers.example', 'R', 'R', '{}', '{}', '{}') RETURNING id`,
    [group],
  );
  const created = Date.now() - rows.length * 60_000;
  for (const [n, row] of rows.entries()) {
    const study = await one(
      `INSERT INTO study (org_id, reader_org_id, facility_id, patient_ref, study_instance_uid, patient_id, patient_name, patient_name_search)
       VALUES ($1, $2, $3, $4, $5, 'P', 'P', 'p') RETURNING id`,
      [hospital, group, row.facility, patient, `1.2.${n}`],
    );
    const series = await one(
      "INSERT INTO series (org_id, reader_org_id, study_ref, series_instance_uid) VALUES ($1, $2, $3, $4) RETURNING id",
      [hospital, group, study, `1.2.${n}.1`],
    );
    const caseId = await one(
      "INSERT INTO reading_case (org_id, reader_org_id, facility_id, study_ref, due_at) VALUES ($1, $2, $3, $4, now()) RETURNING id",
      [hospital, group, row.facility, study],
    );
    const version = await one(
      `INSERT INTO report_version (org_id, reader_org_id, case_id, study_ref, version, kind, sections, key_images, canonical_text, sha256, signed_by_id,
         signed_by_name, signed_by_person_name, signed_at, pdf_series_instance_uid, pdf_sop_instance_uid, sr_series_instance_uid, sr_sop_instance_uid)
       VALUES ($1, $2, $3, $4, 1, 'final', '[]', '[]', '', '', $5, '', '', now(), '', '', '', '') RETURNING id`,
      [hospital, group, caseId, study, reader],
    );
    const instanceId = await one(
      `INSERT INTO instance (org_id, reader_org_id, study_ref, series_ref, sop_instance_uid, sop_class_uid, transfer_syntax_uid, data_set_sha256,
         object_key, size_bytes, data_set_offset, metadata, status)
       VALUES ($1, $2, $3, $4, $5, '1.2.840.10008.5.1.4.1.1.104.1', '1.2.840.10008.1.2.1', $6, 'k', 1, 0, '{}', 'stored') RETURNING id`,
      [hospital, group, study, series, `1.2.${n}.1.1`, String(n).repeat(64)],
    );
    const id = await one(
      `INSERT INTO delivery (org_id, reader_org_id, facility_id, report_version_id, instance_id, state, attempts, last_reason, leased_until, delivered_at, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9), CASE WHEN $6 = 'delivered'::"DeliveryState" THEN now() END, $10) RETURNING id`,
      [
        hospital,
        group,
        row.facility,
        version,
        instanceId,
        row.state,
        row.attempts,
        row.reason,
        row.leased,
        new Date(created + n * 60_000),
      ],
    );
    made.push({ ...row, id, instanceId });
  }
}

const router = (facilityId: string): TokenActor => ({
  kind: "token",
  tokenId: randomUUID(),
  orgId: hospital,
  orgSlug: "old",
  scopes: ["edge"],
  name: "edge",
  edgeId: randomUUID(),
  facilityId,
});
const take = (facilityId: string) => withTenant(router(facilityId), (ctx) => takeDeliveries(ctx));

test("what was owed before the migration is owed after it, to the same PACS, when it was to be tried and not before", async () => {
  // What the old release would have handed out, by its own question.
  const { rows: owed } = await owner.query<{ id: string }>(
    `SELECT id FROM delivery d WHERE state = 'waiting' AND (leased_until IS NULL OR leased_until <= now())
       AND EXISTS (SELECT 1 FROM facility f WHERE f.id = d.facility_id AND f.local_pacs_ae_title IS NOT NULL AND f.local_pacs_host IS NOT NULL
         AND f.local_pacs_port IS NOT NULL) ORDER BY created_at, id`,
  );
  await old.migrate();

  const listed = await withMaintenance((tx) => listWaiting(tx, { failedOnly: false, limit: 100 }));
  assert.deepEqual(
    named(listed.deliveries.map(({ id }) => id)),
    named(made.filter(({ state }) => state === "waiting").map(({ id }) => id)),
  );
  const failures = new Map(
    listed.deliveries.map(({ id, lastFailure, state, attempts }) => [named([id])[0], { lastFailure, state, attempts }]),
  );
  assert.deepEqual(failures.get("resting after a failure"), {
    lastFailure: { code: "dimse-status", params: { status: "a700" } },
    state: "failed",
    attempts: 9,
  });
  assert.deepEqual(failures.get("tried again by an operator")?.lastFailure, {
    code: "retrieve-http",
    params: { status: "503" },
  });
  assert.deepEqual(failures.get("due after a failure")?.lastFailure, { code: "connection-refused", params: {} });
  assert.equal(failures.get("in somebody's hands")?.state, "running");

  const taken = await take(withPacs);
  assert.deepEqual(
    taken.map(({ deliveryId }) => deliveryId),
    owed.map(({ id }) => id),
    "the same, in the same order",
  );
  assert.equal(taken.length, 4);
  for (const { destination, subject, deliveryId } of taken) {
    assert.deepEqual(destination, pacs);
    const n = made.findIndex(({ id }) => id === deliveryId);
    assert.equal((subject as { sopInstanceUid: string }).sopInstanceUid, `1.2.${n}.1.1`);
  }
  assert.deepEqual(await take(without), [], "nobody is named there");
});

test("a try that began before the migration is answered after it, once; what had arrived stays arrived", async () => {
  const answer = (what: string) =>
    withTenant(router(withPacs), (ctx) =>
      recordOutcome(ctx, {
        deliveryId: made.find((row) => row.what === what)!.id,
        outcome: { receipt: { dimseStatus: 0 } },
      }),
    );
  await answer("in somebody's hands");
  await answer("in somebody's hands");
  await answer("arrived");
  const { rows: audited } = await owner.query(
    "SELECT details->>'instanceId' AS instance, study_ref, case_id FROM audit_event WHERE action = 'report.delivered'",
  );
  assert.equal(audited.length, 1);
  assert.equal(audited[0].instance, made[1]!.instanceId);
  assert.ok(audited[0].study_ref && audited[0].case_id);
});

test("recording an old document again adds nothing, and a PACS that is named again gets what waited for it", async () => {
  const { rows: again } = await owner.query(
    `INSERT INTO delivery (org_id, facility_id, kind, destination_id, subject_type, subject_id)
     SELECT org_id, facility_id, kind, destination_id, 'instance', subject_id FROM delivery ON CONFLICT (destination_id, subject_type, subject_id) DO NOTHING RETURNING id`,
  );
  assert.deepEqual(again, []);
  await owner.query("UPDATE destination SET settings = $2::jsonb, enabled = true WHERE facility_id = $1", [
    without,
    JSON.stringify(pacs),
  ]);
  assert.deepEqual(named((await take(without)).map(({ deliveryId }) => deliveryId)), [
    "waiting for a PACS that is not named any more",
  ]);
});

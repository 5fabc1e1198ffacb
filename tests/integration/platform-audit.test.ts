import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type ChainFault, verifyAuditChains } from "#server/audit/verify-chains.ts";
import { withMaintenance } from "#server/db/maintenance.ts";
import { withTenant } from "#server/db/with-tenant.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { orgId, signedIn } from "../actors.ts";
import { useTestDatabase } from "../database.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let org: string;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  org = await orgId("lakeside");
  await withMaintenance(async (tx) => {
    for (let i = 0; i < 30; i++)
      await appendAs(tx, systemActor(org, "Ünïcode · 山田"), {
        action: "study.list",
        details: { count: i, note: 'quote " and \\' },
      });
  });
});
after(() => db.drop());

/** Does to the table what only its owner with the triggers off could do, verifies, and puts it back. */
async function tampered(sql: string): Promise<ChainFault[]> {
  const client = await db.owner.connect();
  try {
    await client.query("CREATE TABLE kept_event AS TABLE audit_event; CREATE TABLE kept_head AS TABLE audit_head");
    await client.query("ALTER TABLE audit_event DISABLE TRIGGER USER");
    await client.query(sql);
    const { faults } = await verifyAuditChains();
    await client.query("DELETE FROM audit_event; INSERT INTO audit_event TABLE kept_event");
    await client.query("DELETE FROM audit_head; INSERT INTO audit_head TABLE kept_head");
    await client.query("ALTER TABLE audit_event ENABLE TRIGGER USER; DROP TABLE kept_event, kept_head");
    return faults;
  } finally {
    client.release();
  }
}

test("whole chains verify, with every script and character in them", async () => {
  const report = await verifyAuditChains();
  assert.deepEqual(report.faults, []);
  assert.equal(report.organizations, 4);
  assert.ok(report.events > 40);
});

test("any edit of any column is found", async () => {
  const edits = [
    "actor_name = 'Somebody Else'",
    "actor_id = 'x'",
    "actor_kind = 'user'",
    "action = 'study.read'",
    "outcome = 'refused'",
    "at = at + interval '1 microsecond'",
    "details = '{}'",
    "request_id = 'r'",
    "case_id = uuidv7()",
    "patient_ref = uuidv7()",
    "study_ref = uuidv7()",
    "actor_org_id = uuidv7()",
    "hash = repeat('a', 64)",
    "prev_hash = repeat('b', 64)",
    "form = 1",
    "form = 4",
    "stream = uuidv7()",
    "stream_n = 1",
    "mac = repeat('c', 64)",
  ];
  for (const edit of edits) {
    const faults = await tampered(`UPDATE audit_event SET ${edit} WHERE org_id = '${org}' AND seq = 12`);
    assert.ok(
      faults.some(({ orgId, seq }) => orgId === org && (seq === "12" || seq === "13")),
      `${edit}: ${JSON.stringify(faults)}`,
    );
  }
});

test("an edit whose hash was made anew is found at the next event", async () => {
  const faults = await tampered(
    `UPDATE audit_event SET actor_name = 'X' WHERE org_id = '${org}' AND seq = 12;
     UPDATE audit_event e SET hash = encode(sha256(convert_to(audit_canonical(e), 'UTF8')), 'hex') WHERE org_id = '${org}' AND seq = 12`,
  );
  assert.deepEqual(faults, [{ orgId: org, seq: "13", fault: "out-of-order" }]);
});

test("a removed event, swapped events, and a tail that was cut are found", async () => {
  assert.ok(
    (await tampered(`DELETE FROM audit_event WHERE org_id = '${org}' AND seq = 5`)).some(
      ({ seq, fault }) => seq === "5" && fault === "missing",
    ),
  );
  assert.ok(
    (await tampered(`DELETE FROM audit_event WHERE org_id = '${org}' AND seq = 1`)).some(
      ({ seq, fault }) => seq === "1" && fault === "missing",
    ),
  );
  const swap = `UPDATE audit_event SET seq = 1000 WHERE org_id = '${org}' AND seq = 7;
    UPDATE audit_event SET seq = 7 WHERE org_id = '${org}' AND seq = 8; UPDATE audit_event SET seq = 8 WHERE org_id = '${org}' AND seq = 1000`;
  assert.ok((await tampered(swap)).length > 0);
  assert.ok(
    (await tampered(`DELETE FROM audit_event WHERE org_id = '${org}' AND seq > 20`)).some(
      ({ fault }) => fault === "tail-cut",
    ),
  );
  assert.ok(
    (await tampered(`DELETE FROM audit_event WHERE org_id = '${org}'; DELETE FROM audit_head WHERE org_id = '${org}'`))
      .length > 0,
  );
});

test("a tail that was cut together with its head is found by heads noted outside", async () => {
  const { heads } = await verifyAuditChains();
  await withMaintenance((tx) => appendAs(tx, systemActor(org, "later"), { action: "study.list" }));
  assert.deepEqual((await verifyAuditChains(heads)).faults, [], "a chain may grow");
  const client = await db.owner.connect();
  try {
    await client.query("ALTER TABLE audit_event DISABLE TRIGGER USER");
    await client.query("DELETE FROM audit_event WHERE org_id = $1 AND seq > 20", [org]);
    await client.query(
      "UPDATE audit_head SET seq = 20, hash = (SELECT hash FROM audit_event WHERE org_id = $1 AND seq = 20) WHERE org_id = $1",
      [org],
    );
  } finally {
    await client.query("ALTER TABLE audit_event ENABLE TRIGGER USER");
    client.release();
  }
  assert.deepEqual((await verifyAuditChains()).faults, [], "the database alone cannot tell");
  assert.ok((await verifyAuditChains(heads)).faults.some(({ fault }) => fault === "tail-cut"));
});

test("the product's own roles cannot change the trail", async () => {
  const { actor } = await signedIn("admin@lakeside.example");
  for (const sql of [
    "UPDATE audit_event SET action = 'x'",
    "DELETE FROM audit_event",
    "TRUNCATE audit_event",
    "UPDATE audit_head SET seq = 0",
  ]) {
    await assert.rejects(
      withTenant(actor, ({ tx }) => tx.$executeRawUnsafe(sql)),
      sql,
    );
    await assert.rejects(
      withMaintenance((tx) => tx.$executeRawUnsafe(sql)),
      sql,
    );
  }
  await assert.rejects(db.owner.query("DELETE FROM audit_event"), /append-only/);
});

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { withTenant } from "#server/db/with-tenant.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { audit } from "#server/domain/audit/index.ts";
import { completeStudy } from "#server/domain/imaging/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { orgId } from "../actors.ts";
import { useTestDatabase } from "../database.ts";
import { makeStudy, makeUnreadCase } from "../factories/studies.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let org: string;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: "correct horse" });
  org = await orgId("lakeside");
});
after(() => db.drop());

const actions = async (requestId: string): Promise<string[]> =>
  (
    await db.owner.query("SELECT action FROM audit_event WHERE request_id = $1 ORDER BY org_id, seq", [requestId])
  ).rows.map(({ action }) => action);

for (const [name, open] of [
  ["with the ORM", withTenant],
  ["in SQL", withTenantSql],
] as const)
  test(`a transaction that goes on after its event holds up no other of the hospital (${name})`, async () => {
    const actor = systemActor(org, "test");
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slow = open(
      actor,
      async (ctx) => {
        await audit(ctx, { action: "case.skip" });
        await audit(ctx, { action: "case.hold" });
        begun.resolve();
        await gate.promise;
      },
      { requestId: `slow ${name}` },
    );
    await begun.promise;
    // Would wait for the other's commit.
    await open(actor, (ctx) => audit(ctx, { action: "case.renew" }), { requestId: `quick ${name}`, timeoutMs: 5000 });
    assert.deepEqual(await actions(`quick ${name}`), ["case.renew"]);
    assert.deepEqual(await actions(`slow ${name}`), []);
    gate.resolve();
    await slow;
    assert.deepEqual(await actions(`slow ${name}`), ["case.skip", "case.hold"], "in the order of the acts");
    const gone = open(
      actor,
      async (ctx) => {
        await audit(ctx, { action: "case.skip" });
        throw new Error("no");
      },
      { requestId: `gone ${name}` },
    );
    await assert.rejects(gone, /no/);
    assert.deepEqual(await actions(`gone ${name}`), []);
  });

test("one more study of a patient ID with 1,000 open cases is complete at once, and each of them looks again", async () => {
  const patientId = "UNKNOWN-PHANTOM";
  await makeUnreadCase(db.owner, { patientId });
  const { rows } = await db.owner.query<{ id: string; columns: string }>(
    `SELECT (SELECT id FROM study WHERE patient_id = $1) AS id,
       string_agg(quote_ident(column_name), ', ') FILTER (WHERE column_name NOT IN ('id', 'study_instance_uid')) AS columns
     FROM information_schema.columns WHERE table_name = 'study'`,
    [patientId],
  );
  const { id, columns } = rows[0]!;
  await db.owner.query(
    `INSERT INTO study (study_instance_uid, ${columns}) SELECT '2.25.7' || n, ${columns} FROM study, generate_series(1, 999) n WHERE id = $1`,
    [id],
  );
  await db.owner.query(
    `INSERT INTO reading_case (org_id, reader_org_id, study_ref, state, due_at)
     SELECT org_id, reader_org_id, id, 'unread', now() FROM study s WHERE patient_id = $1 AND NOT EXISTS (SELECT 1 FROM reading_case c WHERE c.study_ref = s.id)`,
    [patientId],
  );
  const prior = await makeStudy(db.owner, { patientId, purpose: "prior" });
  const before = await jobs();
  await withTenant(systemActor(org, "test"), (ctx) =>
    completeStudy(ctx, { studyInstanceUid: prior.studyInstanceUid, purpose: "prior", instanceCount: 2 }),
  );
  assert.equal((await jobs()) - before, 1000);
});

const jobs = async (): Promise<number> =>
  (
    await db.owner.query(
      "SELECT count(*)::int AS n FROM outbox_job WHERE name = 'case.attach-priors' AND done_at IS NULL",
    )
  ).rows[0].n;

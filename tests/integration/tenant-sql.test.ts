import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { systemActor } from "#server/system-actor.ts";
import { useTestDatabase } from "../database.ts";

let db: Awaited<ReturnType<typeof useTestDatabase>>;
let lakeside: Actor;
let harbor: Actor;
before(async () => {
  db = await useTestDatabase();
  await seedDemo({ password: randomBytes(12).toString("hex") });
  const { rows } = await db.owner.query<{ id: string; slug: string }>("SELECT id, slug FROM organization");
  const actor = (slug: string): Actor => systemActor(rows.find((row) => row.slug === slug)?.id ?? "", "test");
  lakeside = actor("lakeside");
  harbor = actor("harbor");
});
after(() => db.drop());

const addPatient = (actor: Actor, patientId: string, orgId = actor.orgId) =>
  withTenantSql(
    actor,
    ({ tx }) => tx.$executeRaw`INSERT INTO patient (org_id, patient_id) VALUES (${orgId}::uuid, ${patientId})`,
  );
const patients = (actor: Actor) =>
  withTenantSql(actor, async ({ tx }) => {
    const rows = await tx.$queryRaw<{ patient_id: string }[]>`SELECT patient_id FROM patient ORDER BY patient_id`;
    return rows.map(({ patient_id }) => patient_id);
  });

test("SQL without the ORM sees its own hospital's rows and writes nowhere else", async () => {
  assert.equal(await addPatient(lakeside, "L"), 1);
  await addPatient(harbor, "H");
  assert.deepEqual(await patients(lakeside), ["L"]);
  assert.deepEqual(await patients(harbor), ["H"]);
  await assert.rejects(addPatient(lakeside, "X", harbor.orgId), (e: { code?: string }) => e.code === "42501");
});

test("what is thrown rolls back, and the connection it ran on belongs to nobody afterwards", async () => {
  const wrong = new Error("no");
  const attempt = withTenantSql(lakeside, async ({ tx }) => {
    await tx.$executeRawUnsafe("INSERT INTO patient (org_id, patient_id) VALUES ($1, $2)", lakeside.orgId, "gone");
    throw wrong;
  });
  await assert.rejects(attempt, wrong);
  assert.deepEqual(await patients(lakeside), ["L"]);
  for (let i = 0; i < 5; i++)
    assert.equal((await pool("overread_app").query("SELECT 1 FROM patient")).rowCount, 0, "rows without a tenant");
});

test("a database that cuts the connection, or is asked for too long, is an outage; the next call works", async () => {
  const outage = (e: unknown) => e instanceof DomainError && e.code === "storage.unavailable";
  const cut = withTenantSql(lakeside, async ({ tx }) => {
    const [{ pid }] = await tx.$queryRaw<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`;
    await db.owner.query("SELECT pg_terminate_backend($1)", [pid]);
    await tx.$queryRaw`SELECT 1`;
  });
  await assert.rejects(cut, outage);
  const slow = withTenantSql(lakeside, ({ tx }) => tx.$queryRaw`SELECT pg_sleep(30)::text`, { timeoutMs: 100 });
  await assert.rejects(slow, outage);
  assert.deepEqual(await patients(lakeside), ["L"]);
});

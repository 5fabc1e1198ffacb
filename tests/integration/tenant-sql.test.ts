import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { seedDemo } from "#server/demo/seed.ts";
import { audit } from "#server/domain/audit/index.ts";
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

test("statements sent at once run in their order, and after one that fails none of the rest happens", async () => {
  const together = withTenantSql(lakeside, async ({ tx }) => {
    const add = (patientId: string) =>
      tx.$executeRaw`INSERT INTO patient (org_id, patient_id) VALUES (${lakeside.orgId}::uuid, ${patientId})`;
    await Promise.all([add("P1"), add("P2"), tx.$queryRaw`SELECT 1 / 0`, add("P3")]);
  });
  await assert.rejects(together, (e: { code?: string }) => e.code === "22012");
  assert.deepEqual(await patients(lakeside), ["L"]);
  const [before, , after] = await withTenantSql(lakeside, ({ tx }) => {
    const count = () => tx.$queryRaw<[{ n: number }]>`SELECT count(*)::int AS n FROM patient`;
    const add = () =>
      tx.$executeRaw`INSERT INTO patient (org_id, patient_id) VALUES (${lakeside.orgId}::uuid, ${"P1"})`;
    return Promise.all([count(), add(), count()]);
  });
  assert.deepEqual([before[0].n, after[0].n], [1, 2]);
});

test("a statement that failed and that nobody waited for lets nothing be committed", async () => {
  const careless = withTenantSql(lakeside, async ({ tx }) => {
    await tx.$executeRaw`INSERT INTO patient (org_id, patient_id) VALUES (${lakeside.orgId}::uuid, ${"lost"})`;
    void tx.$queryRaw`SELECT 1 / 0`.catch(() => {});
  });
  await assert.rejects(careless, (e: { code?: string }) => e.code === "internal");
  assert.ok(!(await patients(lakeside)).includes("lost"));
});

test("an act whose event the trail refuses is not committed, though the commit was on its way with it", async () => {
  const actor = { ...lakeside, orgId: lakeside.orgId } as Actor;
  const act = withTenantSql(actor, async (ctx) => {
    await ctx.tx.$executeRaw`INSERT INTO patient (org_id, patient_id) VALUES (${lakeside.orgId}::uuid, ${"unseen"})`;
    // No partner of this hospital.
    await audit(ctx, { action: "case.claim", orgId: harbor.orgId });
  });
  await assert.rejects(act, (e: { code?: string }) => e.code === "42501");
  assert.ok(!(await patients(lakeside)).includes("unseen"));
});

test("what only reads cannot write", async () => {
  const write = withTenantSql(
    lakeside,
    ({ tx }) => tx.$executeRaw`INSERT INTO patient (org_id, patient_id) VALUES (${lakeside.orgId}::uuid, ${"no"})`,
    { readOnly: true },
  );
  await assert.rejects(write, (e: { code?: string }) => e.code === "25006");
  for (let n = 0; n < 30; n++) await withTenantSql(lakeside, ({ tx }) => tx.$queryRaw`SELECT 1`, { readOnly: true });
  assert.ok(pool("overread_app").totalCount <= 12);
});

test("what a failed transaction still has under way writes nothing any more", async () => {
  const over = Promise.withResolvers<void>();
  let straggler: Promise<unknown> = Promise.resolve();
  const failing = withTenantSql(lakeside, async ({ tx }) => {
    straggler = over.promise.then(
      () => tx.$executeRaw`INSERT INTO patient (org_id, patient_id) VALUES (${lakeside.orgId}::uuid, ${"straggler"})`,
    );
    throw new Error("no");
  });
  await assert.rejects(failing, /no/);
  over.resolve();
  await assert.rejects(straggler, (e: { code?: string }) => e.code === "internal");
});

test("a statement with fragments in it is prepared once, and what stands in them is asked", async () => {
  const named = (id: string) => Prisma.sql`patient_id = ${id}`;
  await withTenantSql(lakeside, async ({ tx }) => {
    const count = (one: string, other: string) =>
      tx.$queryRaw<[{ n: number }]>`SELECT count(*)::int AS n FROM patient WHERE ${named(one)} OR ${named(other)}`;
    assert.deepEqual(await count("L", "nobody"), [{ n: 1 }]);
    assert.deepEqual(await count("nobody", "L"), [{ n: 1 }]);
    assert.deepEqual(await count("nobody", "H"), [{ n: 0 }]);
    const prepared = await tx.$queryRaw<{ calls: number }[]>`
      SELECT (generic_plans + custom_plans)::int AS calls FROM pg_prepared_statements WHERE statement LIKE '%patient_id = % OR patient_id = %'
        AND statement NOT LIKE '%pg_prepared_statements%'`;
    assert.deepEqual(prepared, [{ calls: 3 }]);
  });
});

test("statements of ever another text are not all kept", async () => {
  await withTenantSql(lakeside, async ({ tx }) => {
    for (let length = 1; length <= 150; length++) {
      const list = Prisma.join(Array.from({ length }, () => "L"));
      const [{ n }] = await tx.$queryRaw<
        [{ n: number }]
      >`SELECT count(*)::int AS n FROM patient WHERE patient_id IN (${list})`;
      assert.equal(n, 1);
    }
    const [{ kept }] = await tx.$queryRaw<[{ kept: number }]>`
      SELECT count(*)::int AS kept FROM pg_prepared_statements WHERE statement LIKE '%patient_id IN (%'`;
    assert.ok(kept <= 101, `${kept} statements are kept`);
  });
});

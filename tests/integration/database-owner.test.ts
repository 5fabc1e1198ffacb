import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import pg from "pg";
import { applyMigrations } from "#server/db/migrate.ts";
import { dbRoles, ensureRoles, roleUrl } from "#server/db/roles.ts";
import { ensureDatabase } from "../../scripts/lib/database.mjs";
import { testSecret } from "../database.ts";

/** The owner of the tables is no superuser, also where a database was made when it still was one. */
const superUrl = process.env.OVERREAD_TEST_DATABASE_URL as string;
const name = `owner_${randomBytes(6).toString("hex")}`;
const asSuper = new URL(superUrl);
asSuper.pathname = `/${name}`;
let owner: pg.Client;

before(async () => {
  // As data folders of the first release have it: database, tables, functions and roles made by the superuser.
  const admin = new pg.Client({ connectionString: superUrl });
  await admin.connect();
  await admin.query("SELECT pg_advisory_lock(4242)");
  await admin.query(`CREATE DATABASE ${name}`);
  await ensureRoles(asSuper.href, testSecret);
  await applyMigrations(asSuper.href);
  const ownerUrl = await ensureDatabase(superUrl, name, testSecret);
  assert.equal(await ensureDatabase(superUrl, name, testSecret), ownerUrl, "a second time finds nothing to do");
  await ensureRoles(ownerUrl, testSecret);
  await admin.query("SELECT pg_advisory_unlock(4242)");
  await admin.end();
  owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
});
after(async () => {
  await owner.end();
  const admin = new pg.Client({ connectionString: superUrl });
  await admin.connect();
  await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await admin.end();
});

test("nobody the product runs as is a superuser or may pass by row-level security", async () => {
  const { rows } = await owner.query(
    "SELECT rolname FROM pg_roles WHERE rolname LIKE 'overread\\_%' AND rolname <> 'overread_cluster' AND (rolsuper OR rolbypassrls)",
  );
  assert.deepEqual(rows, []);
  await assert.rejects(owner.query("COPY (SELECT 1) TO PROGRAM 'true'"), /permission denied|must be/);
});

test("a database that the superuser made belongs to the owner whole: tables, sequences, functions, types", async () => {
  const { rows } = await owner.query(`
    SELECT c.relname AS name FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S', 'v') AND c.relowner <> 'overread_schema'::regrole
    UNION ALL SELECT t.typname FROM pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'e' AND t.typowner <> 'overread_schema'::regrole
    UNION ALL SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> 'overread_schema'::regrole
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')`);
  assert.deepEqual(rows, []);
});

test("every table shows its rows to the owner, for the functions that look across and for backup", async () => {
  const { rows } = await owner.query(`
    SELECT c.relname AS name FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE '\\_prisma%'
      AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND 'overread_schema'::regrole = ANY (p.polroles))`);
  assert.deepEqual(rows, []);
});

test("the roles sign in with the passwords that the owner gave them", async () => {
  for (const role of dbRoles) {
    const client = new pg.Client({ connectionString: roleUrl(asSuper.href, testSecret, role) });
    await client.connect();
    await client.end();
  }
});

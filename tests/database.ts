import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { closeDatabase } from "#server/db/clients.ts";
import { applyMigrations } from "#server/db/migrate.ts";
import { ensureRoles } from "#server/db/roles.ts";
import { ensureDatabase } from "../scripts/lib/database.mjs";

/**
 * The database of one test file, on the server that `npm test` started (OVERREAD_TEST_DATABASE_URL). Sets the
 * environment that the product reads its settings from, so call it before anything calls `config()`.
 */
export const testSecret = "test-secret-not-for-production-0123456789";

function migrationsDigest(): string {
  const dir = new URL("../prisma/migrations/", import.meta.url);
  const hash = createHash("sha256");
  for (const entry of readdirSync(dir, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name)))
    if (entry.isDirectory()) hash.update(readFileSync(new URL(`${entry.name}/migration.sql`, dir)));
  return hash.digest("hex").slice(0, 12);
}

export async function useTestDatabase(): Promise<{ ownerUrl: string; owner: pg.Pool; drop(): Promise<void> }> {
  const serverUrl = process.env.OVERREAD_TEST_DATABASE_URL;
  if (!serverUrl) throw new Error("OVERREAD_TEST_DATABASE_URL is not set: run these tests through `npm test`");
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  const name = `t_${randomBytes(6).toString("hex")}`;
  // Roles are shared by the cluster and test files run in parallel: one at a time.
  await admin.query("SELECT pg_advisory_lock(4242)");
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const ownerUrl = url.href;
  try {
    const template = `overread_template_${migrationsDigest()}`;
    const existing = await admin.query("SELECT 1 FROM pg_database WHERE datname = $1", [template]);
    if (existing.rowCount === 0) {
      const templateUrl = await ensureDatabase(serverUrl, template, testSecret);
      await ensureRoles(templateUrl, testSecret);
      await applyMigrations(templateUrl);
    }
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER overread_schema`);
    // As in ensureRoles: a database's privileges are not copied with it.
    await admin.query(`REVOKE TEMPORARY ON DATABASE ${name} FROM PUBLIC`);
  } finally {
    await admin.query("SELECT pg_advisory_unlock(4242)");
    await admin.end();
  }
  // The product's own owner, which is no superuser; `owner` below is one, for tests only.
  const schemaOwner = new URL(ownerUrl);
  schemaOwner.username = "overread_schema";
  schemaOwner.password = testSecret;
  process.env.DATABASE_URL = schemaOwner.href;
  process.env.OVERREAD_SECRET = testSecret;
  process.env.OVERREAD_LOG_LEVEL ??= "error";
  const owner = new pg.Pool({ connectionString: ownerUrl, max: 2 });
  owner.on("error", () => {});
  return {
    ownerUrl,
    owner,
    async drop() {
      await owner.end();
      const client = new pg.Client({ connectionString: serverUrl });
      await client.connect();
      // What the product still does behind an answer (metadata made ahead, the trail of reads) ends by itself: a connection that is cut in the
      // middle of it fails the whole file, with no test to name.
      for (let looks = 0; looks < 100; looks++) {
        await closeDatabase();
        const { rows } = await client.query(
          "SELECT count(*)::int AS open FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'",
          [name],
        );
        if (rows[0].open === 0) break;
        await pause(50);
      }
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await client.end();
    },
  };
}

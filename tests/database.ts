import { randomBytes } from "node:crypto";
import pg from "pg";
import { closeDatabase } from "#server/db/clients.ts";
import { applyMigrations } from "#server/db/migrate.ts";
import { ensureRoles } from "#server/db/roles.ts";

/**
 * A database of this test file's own, on the server that `npm test` started (OVERREAD_TEST_DATABASE_URL).
 * Sets the environment the product reads its settings from, so call it before anything asks `config()`.
 */
export const testSecret = "test-secret-not-for-production-0123456789";

export async function useTestDatabase(): Promise<{ ownerUrl: string; owner: pg.Pool; drop(): Promise<void> }> {
  const serverUrl = process.env.OVERREAD_TEST_DATABASE_URL;
  if (!serverUrl) throw new Error("OVERREAD_TEST_DATABASE_URL is not set: run these tests through `npm test`");
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  const name = `t_${randomBytes(6).toString("hex")}`;
  // Roles are cluster-wide and files run side by side: one at a time.
  await admin.query("SELECT pg_advisory_lock(4242)");
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const ownerUrl = url.href;
  try {
    const template = await admin.query("SELECT 1 FROM pg_database WHERE datname = 'overread_template'");
    if (template.rowCount === 0) {
      await admin.query("CREATE DATABASE overread_template");
      url.pathname = "/overread_template";
      await ensureRoles(url.href, testSecret);
      await applyMigrations(url.href);
    }
    await admin.query(`CREATE DATABASE ${name} TEMPLATE overread_template`);
  } finally {
    await admin.query("SELECT pg_advisory_unlock(4242)");
    await admin.end();
  }
  process.env.DATABASE_URL = ownerUrl;
  process.env.OVERREAD_SECRET = testSecret;
  process.env.OVERREAD_LOG_LEVEL ??= "error";
  const owner = new pg.Pool({ connectionString: ownerUrl, max: 2 });
  owner.on("error", () => {});
  return {
    ownerUrl,
    owner,
    async drop() {
      await closeDatabase();
      await owner.end();
      const client = new pg.Client({ connectionString: serverUrl });
      await client.connect();
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await client.end();
    },
  };
}

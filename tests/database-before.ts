import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import pg from "pg";
import { closeDatabase } from "#server/db/clients.ts";
import { ensureRoles } from "#server/db/roles.ts";
import { ensureDatabase } from "../scripts/lib/database.mjs";
import { testSecret } from "./database.ts";

const migrations = new URL("../prisma/migrations/", import.meta.url);
const sqlOf = (folder: string): string => readFileSync(new URL(`${folder}/migration.sql`, migrations), "utf8");

export type OldDatabase = { owner: pg.Client; migrate: () => Promise<void>; drop: () => Promise<void> };

/** A database as it was before one migration, for rows as the release before it wrote them; `migrate` runs that one and all behind it. */
export async function databaseBefore(migration: string): Promise<OldDatabase> {
  const serverUrl = process.env.OVERREAD_TEST_DATABASE_URL as string;
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query("SELECT pg_advisory_lock(4242)");
  const name = `migrated_${randomBytes(6).toString("hex")}`;
  const ownerUrl = await ensureDatabase(serverUrl, name, testSecret);
  await ensureRoles(ownerUrl, testSecret);
  await admin.query("SELECT pg_advisory_unlock(4242)");
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  Object.assign(process.env, { DATABASE_URL: ownerUrl, OVERREAD_SECRET: testSecret, OVERREAD_LOG_LEVEL: "error" });
  const folders = readdirSync(migrations)
    .filter((folder) => /^\d/.test(folder))
    .sort();
  const run = async (wanted: (folder: string) => boolean) => {
    for (const folder of folders.filter(wanted)) await owner.query(sqlOf(folder));
  };
  await run((folder) => folder < migration);
  return {
    owner,
    migrate: () => run((folder) => folder >= migration),
    drop: async () => {
      await closeDatabase();
      await owner.end();
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

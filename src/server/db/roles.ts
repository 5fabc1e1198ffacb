import { createHmac } from "node:crypto";
import pg from "pg";

/** The three logins the product runs under; none of them owns a table or may bypass row-level security. */
export const dbRoles = ["overread_app", "overread_auth", "overread_maintenance"] as const;
export type DbRole = (typeof dbRoles)[number];

/** A role's password, derived from the master secret, so that it need not be stored. */
function rolePassword(secret: string, role: DbRole): string {
  return createHmac("sha256", secret).update(`database-role:${role}`).digest("base64url");
}

/** The connection URL of `role` on the server that `ownerUrl` names. */
export function roleUrl(ownerUrl: string, secret: string, role: DbRole): string {
  const url = new URL(ownerUrl);
  url.username = role;
  url.password = rolePassword(secret, role);
  return url.href;
}

/**
 * Creates the roles, or updates their passwords and privileges in this database. Needs a login that may create roles.
 */
export async function ensureRoles(ownerUrl: string, secret: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    for (const role of dbRoles) {
      const { rowCount } = await client.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [role]);
      if (rowCount === 0)
        await client.query(`CREATE ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS`);
      await client.query(`ALTER ROLE ${role} PASSWORD '${rolePassword(secret, role)}'`);
    }
    // No role may create tables that shadow the product's. A copied database has this privilege again.
    await client.query(
      `DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$`,
    );
  } finally {
    await client.end();
  }
}

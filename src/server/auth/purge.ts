import { pool } from "#server/db/clients.ts";

/** Deletes assertion ids of edge routers and failed sign-ins that no longer count. Safe to run at any time. */
export async function purgeExpired(): Promise<void> {
  const database = pool("overread_maintenance");
  await database.query("DELETE FROM edge_nonce WHERE expires_at < now() - interval '1 hour'");
  await database.query("DELETE FROM sign_in_attempt WHERE window_start < now() - interval '1 day'");
}

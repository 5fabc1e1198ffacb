import { DomainError } from "@overread/shared/errors";
import { pool } from "#server/db/clients.ts";
import { invitationHash } from "#server/domain/tenancy/index.ts";
import { assertGoodPassword } from "./new-password.ts";
import { hashPassword } from "./password.ts";
import { record } from "./record-sign-in.ts";
import { systemActor } from "./system-actor.ts";

type Invited = { id: string; userId: string; orgId: string; email: string; displayName: string; orgName: string };

const open = `SELECT i.id, i.user_id AS "userId", i.org_id AS "orgId", u.email, u.display_name AS "displayName", o.name AS "orgName"
  FROM invitation i JOIN user_account u ON u.id = i.user_id JOIN organization o ON o.id = i.org_id
  WHERE i.token_sha256 = $1 AND i.used_at IS NULL AND i.expires_at > now() AND u.deactivated_at IS NULL`;

/** Whose link this is. @throws {DomainError} `user.invitation-invalid`: used, out of date, replaced or never made; one answer for all. */
export async function findInvitation(token: string): Promise<Invited> {
  const { rows } = await pool("overread_auth").query<Invited>(open, [invitationHash(token)]);
  if (!rows[0]) throw new DomainError("user.invitation-invalid");
  return rows[0];
}

/**
 * Gives an account its first password, chosen by the person who was sent the link. A link works once, also for two who open it at
 * the same time.
 *
 * @returns the address to sign in with.
 * @throws {DomainError} `user.invitation-invalid`, `user.password-weak` (the link goes on working)
 */
export async function acceptInvitation(token: string, password: string): Promise<{ email: string }> {
  const { id, userId, orgId, email, displayName, orgName } = await findInvitation(token);
  assertGoodPassword(password, { about: [email, displayName, orgName] });
  const passwordHash = await hashPassword(password);
  const client = await pool("overread_auth").connect();
  try {
    await client.query("BEGIN");
    const used = await client.query(
      "UPDATE invitation SET used_at = now() WHERE id = $1 AND used_at IS NULL AND expires_at > now()",
      [id],
    );
    if (used.rowCount !== 1) throw new DomainError("user.invitation-invalid");
    const made = await client.query(
      "INSERT INTO credential (user_id, org_id, password_hash) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING",
      [userId, orgId, passwordHash],
    );
    if (made.rowCount !== 1) throw new DomainError("user.invitation-invalid");
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
  await record(systemActor(orgId, "invitation"), { action: "user.accept-invitation", details: { userId } });
  return { email };
}

import { DomainError } from "@overread/shared/errors";
import type { SqlTx } from "#server/context.ts";
import { endAllSessions } from "./sessions.ts";

/**
 * Redeems a link and sets the account's password; all its sessions end. Of two concurrent calls one succeeds.
 *
 * @param link.resets the account has a password, which this one replaces.
 * @throws {DomainError} `user.invitation-invalid`
 */
export async function redeemLink(
  tx: SqlTx,
  { id, userId, orgId, resets }: { id: string; userId: string; orgId: string; resets: boolean },
  { passwordHash, address }: { passwordHash: string; address: string },
): Promise<void> {
  const used = await tx.$executeRaw`UPDATE invitation SET used_at = now(), used_from = ${address}
    WHERE id = ${id}::uuid AND used_at IS NULL AND expires_at > now()`;
  if (used !== 1) throw new DomainError("user.invitation-invalid");
  const set = resets
    ? await tx.$executeRaw`UPDATE credential SET password_hash = ${passwordHash}, changed_at = now(), must_change = false
        WHERE user_id = ${userId}::uuid`
    : await tx.$executeRaw`INSERT INTO credential (user_id, org_id, password_hash)
        VALUES (${userId}::uuid, ${orgId}::uuid, ${passwordHash}) ON CONFLICT (user_id) DO NOTHING`;
  if (set !== 1) throw new DomainError("user.invitation-invalid");
  await endAllSessions(tx, userId);
}

/** Sets another password for an account, as an operator on the server; all its sessions end. The caller audits it. */
export async function replacePassword(tx: SqlTx, userId: string, passwordHash: string): Promise<void> {
  await tx.$executeRaw`UPDATE credential SET password_hash = ${passwordHash}, changed_at = now() WHERE user_id = ${userId}::uuid`;
  await endAllSessions(tx, userId);
}

import { createHash, randomBytes } from "node:crypto";
import type { Tx } from "#server/context.ts";

/** The secret part of a link, returned once, and its expiry. */
export type PasswordLink = { token: string; expiresAt: Date };

/** The stored hash of a link's secret. */
export const linkHash = (token: string): string => createHash("sha256").update(token).digest("hex");

/** Ends the open links of an account. */
export async function endLinks(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`UPDATE invitation SET used_at = now() WHERE user_id = ${userId}::uuid AND used_at IS NULL`;
}

/**
 * Stores a new link for setting an account's password; earlier ones end.
 *
 * @param by the administrator who makes it; null on the server.
 * @param resets for an account that has a password.
 */
export async function putLink(
  tx: Tx,
  link: { userId: string; orgId: string; by: string | null; resets: boolean; validHours: number },
): Promise<PasswordLink> {
  const token = randomBytes(32).toString("base64url");
  await endLinks(tx, link.userId);
  const [row] = await tx.$queryRaw<{ expiresAt: Date }[]>`
    INSERT INTO invitation (user_id, org_id, token_sha256, invited_by, resets, expires_at)
    VALUES (${link.userId}::uuid, ${link.orgId}::uuid, ${linkHash(token)}, ${link.by}::uuid, ${link.resets},
      now() + ${link.validHours} * interval '1 hour')
    RETURNING expires_at AS "expiresAt"`;
  return { token, expiresAt: row!.expiresAt };
}

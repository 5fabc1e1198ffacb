import { createHash, randomBytes } from "node:crypto";
import type { Tx } from "#server/context.ts";
import { mailPasswordLink } from "../notices/index.ts";

/** The secret part of a link, returned once, and its expiry. */
export type PasswordLink = { linkId: string; token: string; expiresAt: Date };
/** One that was also mailed, and where to; null: there is no mail server. */
export type MailedLink = Omit<PasswordLink, "linkId"> & { mailedTo: string | null };

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
  const [row] = await tx.$queryRaw<{ linkId: string; expiresAt: Date }[]>`
    INSERT INTO invitation (user_id, org_id, token_sha256, invited_by, resets, expires_at)
    VALUES (${link.userId}::uuid, ${link.orgId}::uuid, ${linkHash(token)}, ${link.by}::uuid, ${link.resets},
      now() + ${link.validHours} * interval '1 hour')
    RETURNING id::text AS "linkId", expires_at AS "expiresAt"`;
  return { ...row!, token };
}

/** Makes a link and mails it to the account as well, where there is a mail server. */
export async function putAndMailLink(tx: Tx, link: Parameters<typeof putLink>[1]): Promise<MailedLink> {
  const { linkId, token, expiresAt } = await putLink(tx, link);
  return { token, expiresAt, mailedTo: await mailPasswordLink(tx, { ...link, linkId, token, expiresAt }) };
}

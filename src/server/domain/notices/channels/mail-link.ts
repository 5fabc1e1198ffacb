import { config } from "#server/config.ts";
import type { SqlTx } from "#server/context.ts";
import { sealSecret } from "#server/notice-secret.ts";
import { planSending } from "./record-deliveries.ts";
import { passwordLinkKind } from "./take-delivery.ts";

/**
 * Sends a link that sets a password to the account's address as well, where there is a mail server. Its secret waits encrypted, and is taken out of
 * the row as soon as the mail is sent or of no use: a link that was used, ended or ran out is not sent.
 *
 * @returns the address; null: there is no mail server.
 */
export async function mailPasswordLink(
  tx: SqlTx,
  link: { linkId: string; userId: string; orgId: string; token: string; resets: boolean; expiresAt: Date },
): Promise<string | null> {
  if (config().notices.smtpUrl === undefined) return null;
  const { linkId, userId, orgId, token, resets, expiresAt } = link;
  const params = { sealed: sealSecret(token), resets, expiresAt: expiresAt.toISOString() };
  const [account] = await tx.$queryRaw<{ email: string }[]>`
    SELECT email FROM user_account WHERE id = ${userId}::uuid AND deactivated_at IS NULL`;
  if (!account) return null;
  const rows = await tx.$queryRaw<{ id: string; at: Date }[]>`
    INSERT INTO notice_delivery (org_id, channel, user_id, kind, params, matter)
    VALUES (${orgId}::uuid, 'mail', ${userId}::uuid, ${passwordLinkKind}, ${JSON.stringify(params)}::jsonb, ${`${passwordLinkKind}:${linkId}`})
    RETURNING id::text, next_attempt_at AS at`;
  await planSending(tx, orgId, rows);
  return account.email;
}

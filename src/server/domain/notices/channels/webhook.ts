import { randomBytes } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import { config } from "#server/config.ts";
import type { Ctx, UserActor } from "#server/context.ts";
import { sealSecret } from "#server/notice-secret.ts";
import { audit } from "../../audit/index.ts";
import { noticePolicy } from "../policy.ts";

export const SaveWebhook = z.object({ url: z.url().max(500) });

/** The webhook of the caller's organisation; null: none. Its secret is never shown again. @throws {DomainError} `auth.forbidden` */
export async function readWebhook(
  ctx: Ctx<UserActor>,
): Promise<{ url: string; savedBy: string; savedAt: Date } | null> {
  const { actor, tx } = ctx;
  noticePolicy.authorize(actor, "webhook.manage", null);
  const [row] = await tx.$queryRaw<{ url: string; savedBy: string | null; savedAt: Date }[]>`
    SELECT url, staff_name(saved_by_id) AS "savedBy", saved_at AS "savedAt" FROM notice_webhook WHERE org_id = ${actor.orgId}::uuid AND enabled`;
  return row ? { ...row, savedBy: row.savedBy ?? "" } : null;
}

/**
 * Sets where the organisation's own systems are told, with a new secret.
 * @returns the secret, this once: each call is signed with it.
 * @throws {DomainError} `request.invalid` (neither https nor a closed network's own), `auth.forbidden`
 */
export async function saveWebhook(
  ctx: Ctx<UserActor>,
  { url }: z.output<typeof SaveWebhook>,
): Promise<{ secret: string }> {
  const { actor, tx } = ctx;
  noticePolicy.authorize(actor, "webhook.manage", null);
  const { protocol, username, password } = new URL(url);
  const safe = protocol === "https:" || (protocol === "http:" && config().notices.localWebhooks);
  if (!safe || username || password) throw new DomainError("request.invalid", { details: { fields: "url" } });
  const secret = randomBytes(32).toString("base64url");
  await tx.$executeRaw`
    INSERT INTO notice_webhook (org_id, url, secret, saved_by_id) VALUES (${actor.orgId}::uuid, ${url}, ${sealSecret(secret)}, ${actor.userId}::uuid)
    ON CONFLICT (org_id) DO UPDATE SET url = excluded.url, secret = excluded.secret, enabled = true, saved_by_id = excluded.saved_by_id, saved_at = clock_timestamp()`;
  await audit(ctx, { action: "webhook.save", details: { host: new URL(url).host } });
  return { secret };
}

/** Nothing is sent there any more. Idempotent. @throws {DomainError} `auth.forbidden` */
export async function forgetWebhook(ctx: Ctx<UserActor>): Promise<{ forgotten: boolean }> {
  const { actor, tx } = ctx;
  noticePolicy.authorize(actor, "webhook.manage", null);
  const rows = await tx.$executeRaw`DELETE FROM notice_webhook WHERE org_id = ${actor.orgId}::uuid`;
  if (rows > 0) await audit(ctx, { action: "webhook.forget" });
  return { forgotten: rows > 0 };
}

import { isIP } from "node:net";
import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import { config } from "#server/config.ts";
import type { Ctx, UserActor } from "#server/context.ts";
import { isInside } from "#server/inside-addresses.ts";
import { sealSecret } from "#server/notice-secret.ts";
import { pushKeys } from "#server/push-keys.ts";

const browsers = ["chrome", "edge", "firefox", "safari", "other"] as const;
const systems = ["windows", "mac", "linux", "android", "ios", "other"] as const;

/** What a browser's push service gave it (RFC 8291: an uncompressed P-256 point of 65 bytes and a secret of 16). */
export const SavePush = z.object({
  endpoint: z.url().max(2000),
  p256dh: z.string().regex(/^[A-Za-z0-9_-]{87}$/),
  auth: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  browser: z.enum(browsers),
  system: z.enum(systems),
});
export const OfPush = z.object({ pushId: z.uuid() });

/** More browsers of one person than that are not kept: the oldest is forgotten. */
const mostBrowsers = 10;

export type OwnPush = {
  /** The portal's own, for the browser to subscribe with. */
  publicKey: string;
  browsers: {
    pushId: string;
    endpoint: string;
    browser: string;
    system: string;
    at: Date;
    /** Notices in a row that its push service has not taken. */
    failures: number;
  }[];
};

/** The browsers in which the caller is told. */
export async function ownPush({ actor, tx }: Ctx<UserActor>): Promise<OwnPush> {
  const rows = await tx.$queryRaw<OwnPush["browsers"]>`
    SELECT id::text AS "pushId", endpoint, browser, system, made_at AS at, failures FROM notice_push
    WHERE user_id = ${actor.userId}::uuid ORDER BY made_at DESC`;
  return { publicKey: pushKeys().publicKey, browsers: rows };
}

/**
 * The caller is told in this browser from now on. Saved again, its keys are the new ones.
 * @throws {DomainError} `request.invalid` (the address is not https, or within this machine or a closed network)
 */
export async function savePush(
  { actor, tx }: Ctx<UserActor>,
  { endpoint, p256dh, auth, browser, system }: z.output<typeof SavePush>,
): Promise<{ saved: boolean }> {
  const { protocol, username, password, hostname } = new URL(endpoint);
  const host = hostname.replace(/^\[|\]$/g, "");
  const outside = protocol === "https:" && !(isIP(host) && isInside(host));
  if ((!outside && !config().notices.localWebhooks) || username || password)
    throw new DomainError("request.invalid", { details: { fields: "endpoint" } });
  await tx.$executeRaw`
    INSERT INTO notice_push (user_id, org_id, endpoint, p256dh, auth, browser, system)
    VALUES (${actor.userId}::uuid, ${actor.orgId}::uuid, ${endpoint}, ${p256dh}, ${sealSecret(auth)}, ${browser}, ${system})
    ON CONFLICT (user_id, endpoint) DO UPDATE SET p256dh = excluded.p256dh, auth = excluded.auth, browser = excluded.browser,
      system = excluded.system, made_at = clock_timestamp(), failures = 0`;
  await tx.$executeRaw`
    DELETE FROM notice_push WHERE user_id = ${actor.userId}::uuid AND id NOT IN (
      SELECT id FROM notice_push WHERE user_id = ${actor.userId}::uuid ORDER BY made_at DESC LIMIT ${mostBrowsers})`;
  return { saved: true };
}

/** Nothing more goes to one of the caller's browsers. Idempotent. */
export async function forgetPush(
  { actor, tx }: Ctx<UserActor>,
  { pushId }: z.output<typeof OfPush>,
): Promise<{ forgotten: boolean }> {
  const rows = await tx.$executeRaw`
    DELETE FROM notice_push WHERE id = ${pushId}::uuid AND user_id = ${actor.userId}::uuid`;
  return { forgotten: rows > 0 };
}

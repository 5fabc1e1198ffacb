import { createHmac } from "node:crypto";
import type { Sending } from "#server/domain/notices/index.ts";
import { openSecret } from "#server/notice-secret.ts";
import { postGuarded } from "./guarded-post.ts";
import { Refused } from "./refused.ts";

/** The signature of a call: HMAC-SHA-256 over the timestamp, a dot, and the body. */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  `v1=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;

/**
 * Calls an organisation's webhook: codes and ids, signed with its secret.
 * @throws {Refused} why it was not taken
 */
export async function callWebhook(
  { deliveryId, url, secret, caseId, at, says }: Extract<Sending, { channel: "webhook" }>,
  now: Date,
): Promise<void> {
  const body = JSON.stringify({ id: deliveryId, at: at.toISOString(), ...says, caseId });
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const status = await postGuarded(url, {
    headers: {
      "content-type": "application/json",
      "overread-delivery": deliveryId,
      "overread-timestamp": timestamp,
      "overread-signature": signatureOf(openSecret(secret), timestamp, body),
    },
    body,
  });
  if (status >= 200 && status < 300) return;
  throw new Refused(`http-${status}`, { final: status === 410 });
}

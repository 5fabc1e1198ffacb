import { noticeInWords } from "@overread/shared/notice-words/en";
import webPush from "web-push";
import { config } from "#server/config.ts";
import type { Sending } from "#server/domain/notices/index.ts";
import { openSecret } from "#server/notice-secret.ts";
import { pushKeys } from "#server/push-keys.ts";
import { postGuarded } from "./guarded-post.ts";
import { Refused } from "./refused.ts";

/** How long a push service keeps it for a browser that is closed. Later it wakes nobody in time. */
const keptForSeconds = 4 * 3600;

/**
 * Sends a notice to one browser by its push service (RFC 8030), encrypted so that only the browser reads it (RFC 8291): the notice's own words and a
 * link into the portal, which asks who one is. A second attempt replaces what waits of the first (`Topic`).
 *
 * @throws {Refused} why it was not taken; `gone` where the browser has taken its subscription back
 */
export async function sendPush({
  deliveryId,
  endpoint,
  p256dh,
  auth,
  caseId,
  says,
}: Extract<Sending, { channel: "push" }>): Promise<void> {
  const { title, text } = noticeInWords(says);
  const payload = JSON.stringify({ id: deliveryId, title, text, path: caseId ? `/studies/${caseId}` : "/worklist" });
  const { headers, body } = detailsOf({ endpoint, keys: { p256dh, auth: openSecret(auth) } }, payload, deliveryId);
  const status = await postGuarded(endpoint, { headers, body });
  if (status >= 200 && status < 300) return;
  const gone = status === 404 || status === 410;
  // The service knows another portal under this address, or never takes such a message: asking again changes nothing.
  throw new Refused(`http-${status}`, { final: gone || [400, 401, 403, 413].includes(status), gone });
}

function detailsOf(to: { endpoint: string; keys: { p256dh: string; auth: string } }, payload: string, id: string) {
  try {
    const { headers, body } = webPush.generateRequestDetails(to, payload, {
      vapidDetails: { subject: contactOf(config().notices.mailFrom), ...pushKeys() },
      TTL: keptForSeconds,
      urgency: "high",
      topic: id.replaceAll("-", ""),
    });
    return { headers: headers as Record<string, string | number>, body: body as Buffer };
  } catch {
    // Keys that are none.
    throw new Refused("push-keys", { final: true });
  }
}

/** Whom a push service may write to: the sender of the mails. */
const contactOf = (from: string): string => `mailto:${/<([^>]+)>/.exec(from)?.[1] ?? from}`;

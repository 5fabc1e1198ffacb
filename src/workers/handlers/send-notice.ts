import { withTenant } from "#server/db/with-tenant.ts";
import {
  type NoticeOutcome,
  recordNoticeOutcome,
  type Sending,
  takeNoticeDelivery,
} from "#server/domain/notices/index.ts";
import type { JobContext } from "../handler.ts";
import { sendMail } from "../notice-senders/mail.ts";
import { sendPush } from "../notice-senders/push.ts";
import { Refused } from "../notice-senders/refused.ts";
import { callWebhook } from "../notice-senders/webhook.ts";

/**
 * One attempt to send one notice. A crash between the receiver's answer and our record sends it once more, under the same id; a crash at any
 * other point sends it later.
 */
export async function sendNotice(
  { actor, requestId, log }: Pick<JobContext, "actor" | "requestId" | "log">,
  { deliveryId }: { deliveryId: string },
): Promise<void> {
  const by = { requestId };
  const taken = await withTenant(
    actor,
    async (ctx) => ({ sending: await takeNoticeDelivery(ctx, { deliveryId }), now: ctx.now }),
    by,
  );
  if (!taken.sending) return;
  const outcome = await attempt(taken.sending, taken.now);
  if (outcome !== "sent")
    log.warn({ deliveryId, channel: taken.sending.channel, reason: outcome.failure }, "a notice waits");
  await withTenant(actor, (ctx) => recordNoticeOutcome(ctx, { deliveryId, outcome }), by);
}

async function attempt(sending: Sending, now: Date): Promise<NoticeOutcome> {
  try {
    if (sending.channel === "mail") await sendMail(sending);
    else if (sending.channel === "push") await sendPush(sending);
    else await callWebhook(sending, now);
    return "sent";
  } catch (error) {
    if (error instanceof Refused) return { failure: error.code, final: error.final, gone: error.gone };
    return { failure: "unknown", final: false };
  }
}

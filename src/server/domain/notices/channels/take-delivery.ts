import { type NoticeSaid, readNotice } from "@overread/shared/notices";
import { z } from "zod";
import type { Ctx } from "#server/context.ts";
import { noticePolicy } from "../policy.ts";
import { planSending } from "./record-deliveries.ts";

/** How long one attempt may take before another worker may begin the next. */
const takenForSeconds = 60;
/** What is older is of use to nobody who is woken by it. */
const usefulFor = "24 hours";

/** A link that sets a password; `sealed`: its secret (`notice-secret.ts`). */
type SealedLink = z.output<typeof sealedLink>;
const sealedLink = z.object({ sealed: z.string(), resets: z.boolean(), expiresAt: z.iso.datetime() });

/** What is to be sent: a notice to an address, or the code that proves an address. */
export type Sending = { deliveryId: string; caseId: string | null; at: Date } & (
  | { channel: "mail"; address: string; says: NoticeSaid | { code: string } | SealedLink }
  | { channel: "push"; endpoint: string; p256dh: string; auth: string; says: NoticeSaid }
  | { channel: "webhook"; url: string; secret: string; says: NoticeSaid }
);

type Row = {
  deliveryId: string;
  channel: "mail" | "push" | "webhook";
  kind: string;
  params: unknown;
  caseId: string | null;
  at: Date;
  due: boolean;
  next: Date;
  moot: boolean;
  address: string | null;
  verified: boolean;
  code: string | null;
  /** Of the account, for a link that has not been used. */
  accountEmail: string | null;
  endpoint: string | null;
  p256dh: string | null;
  auth: string | null;
  url: string | null;
  secret: string | null;
};

/**
 * Takes a delivery for one attempt. A delivery that somebody else has is looked at again when that attempt must be over. One that is moot
 * (acknowledged meanwhile, the case is done and it is no word of an over-read, too old, the channel was taken away, the account closed) is dropped.
 *
 * @returns null: there is nothing to send now.
 */
export async function takeNoticeDelivery(
  { actor, tx }: Pick<Ctx, "actor" | "tx">,
  { deliveryId }: { deliveryId: string },
): Promise<Sending | null> {
  noticePolicy.authorize(actor, "notice.send", { orgId: actor.orgId });
  const [row] = await tx.$queryRaw<Row[]>`
    SELECT d.id::text AS "deliveryId", d.channel, d.kind, d.params, d.case_id::text AS "caseId", d.created_at AS at,
      d.next_attempt_at <= clock_timestamp() AS due, d.next_attempt_at AS next,
      (d.created_at < clock_timestamp() - ${usefulFor}::interval AND d.attempts > 0)
        OR d.kind <> 'over-read-differs' AND coalesce((SELECT c.state IN ('final', 'amended', 'cancelled') FROM reading_case c WHERE c.id = d.case_id), false)
        OR EXISTS (SELECT 1 FROM user_account u WHERE u.id = d.user_id AND u.deactivated_at IS NOT NULL)
        OR (d.channel <> 'webhook' AND EXISTS (SELECT 1 FROM notice n WHERE n.user_id = d.user_id AND n.matter = d.matter AND n.acknowledged_at IS NOT NULL)) AS moot,
      m.address, m.verified_at IS NOT NULL AS verified, CASE WHEN m.code_expires_at > clock_timestamp() THEN m.code END AS code,
      (SELECT u.email FROM invitation i JOIN user_account u ON u.id = i.user_id WHERE i.user_id = d.user_id AND d.matter = ${passwordLinkKind} || ':' || i.id
        AND i.used_at IS NULL AND i.expires_at > clock_timestamp() AND u.deactivated_at IS NULL) AS "accountEmail", p.endpoint, p.p256dh, p.auth, w.url, w.secret
    FROM notice_delivery d LEFT JOIN notice_mail m ON m.user_id = d.user_id LEFT JOIN notice_push p ON p.id = d.push_id
      LEFT JOIN notice_webhook w ON w.org_id = d.org_id AND w.enabled
    WHERE d.id = ${deliveryId}::uuid AND d.state = 'waiting' FOR UPDATE OF d`;
  if (!row) return null;
  const sending = row.moot ? null : sendingOf(row);
  if (!sending) {
    await tx.$executeRaw`UPDATE notice_delivery SET state = 'dropped', settled_at = clock_timestamp() WHERE id = ${deliveryId}::uuid`;
    return null;
  }
  if (!row.due) {
    await planSending(tx, actor.orgId, [{ id: deliveryId, at: row.next }]);
    return null;
  }
  const [taken] = await tx.$queryRaw<{ until: Date }[]>`
    UPDATE notice_delivery SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + ${takenForSeconds} * interval '1 second'
    WHERE id = ${deliveryId}::uuid RETURNING next_attempt_at AS until`;
  // Should this worker die, another one goes on.
  if (taken) await planSending(tx, actor.orgId, [{ id: deliveryId, at: taken.until }]);
  return sending;
}

/** Null: where it was to go is no longer wanted, or a newer release wrote it. */
function sendingOf(row: Row): Sending | null {
  const {
    deliveryId,
    channel,
    kind,
    params,
    caseId,
    at,
    address,
    verified,
    code,
    endpoint,
    p256dh,
    auth,
    url,
    secret,
  } = row;
  const about = { deliveryId, caseId, at };
  if (kind === mailCodeKind)
    return address && code && !verified ? { ...about, channel: "mail", address, says: { code } } : null;
  if (kind === passwordLinkKind) {
    const link = sealedLink.safeParse(params);
    return row.accountEmail && link.success
      ? { ...about, channel: "mail", address: row.accountEmail, says: link.data }
      : null;
  }
  const says = readNotice(kind, params);
  if (!says) return null;
  if (channel === "mail") return address && verified ? { ...about, channel, address, says } : null;
  if (channel === "push")
    return endpoint && p256dh && auth ? { ...about, channel, endpoint, p256dh, auth, says } : null;
  return url && secret ? { ...about, channel, url, secret, says } : null;
}

/** The mail that carries the code; no notice. */
export const mailCodeKind = "mail-code";
/** The mail that carries a link to set a password; no notice. */
export const passwordLinkKind = "password-link";

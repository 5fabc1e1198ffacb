import type { Ctx, UserActor } from "#server/context.ts";

/** A reset link that was made for the caller's account. */
export type OwnResetLink = {
  linkId: string;
  madeAt: Date;
  /** Null: made on the server. */
  madeBy: string | null;
  expiresAt: Date;
  state: "open" | "used" | "ended" | "expired";
  usedAt: Date | null;
  /** Address from which it was used; empty where unknown. */
  usedFrom: string | null;
  /** Whether to show it on every page: it was made within two weeks, or after the previous sign-in. */
  news: boolean;
};

/**
 * The links of the last ninety days, newest first. Only time removes one from the list: whoever used a link cannot hide
 * it from the account's owner.
 */
export async function listOwnResetLinks({ actor, tx }: Ctx<UserActor>): Promise<OwnResetLink[]> {
  return tx.$queryRaw<OwnResetLink[]>`
    SELECT i.id::text AS "linkId", i.created_at AS "madeAt", u.display_name AS "madeBy", i.expires_at AS "expiresAt",
      CASE WHEN i.used_from IS NOT NULL THEN 'used' WHEN i.used_at IS NOT NULL THEN 'ended'
        WHEN i.expires_at <= now() THEN 'expired' ELSE 'open' END AS state,
      CASE WHEN i.used_from IS NOT NULL THEN i.used_at END AS "usedAt", i.used_from AS "usedFrom",
      i.created_at > least(now() - interval '14 days', coalesce(
        (SELECT max(s.created_at) FROM session s WHERE s.user_id = ${actor.userId}::uuid AND s.id < ${actor.sessionId}::uuid),
        '-infinity')) AS news
    FROM invitation i LEFT JOIN user_account u ON u.id = i.invited_by
    WHERE i.user_id = ${actor.userId}::uuid AND i.resets AND i.created_at > now() - interval '90 days'
    ORDER BY i.created_at DESC, i.id DESC LIMIT 20`;
}

import type { Ctx, UserActor } from "#server/context.ts";

/** A link with which somebody could set a new password for the caller's account. */
export type OwnResetLink = {
  linkId: string;
  madeAt: Date;
  /** Null: at the server. */
  madeBy: string | null;
  expiresAt: Date;
  state: "open" | "used" | "ended" | "expired";
  usedAt: Date | null;
  /** Where it was used from; empty where nobody knows. */
  usedFrom: string | null;
  /** To be said on every page: it is of the last fortnight, or of after the sign-in before this one. */
  news: boolean;
};

/**
 * The links of the last ninety days, the latest first. Nothing but time takes one off the list: who used a link unseen cannot hide it
 * from the person whose account it is.
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

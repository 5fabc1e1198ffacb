import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";

/** An open session of the caller's account. */
export type OwnSession = {
  sessionId: string;
  createdAt: Date;
  lastSeenAt: Date;
  /** Address from which it was opened; empty where unknown. */
  address: string;
  /** The current session. */
  present: boolean;
};

/** The caller's valid sessions, the most recently used first. @param idleMs the idle limit of a session. */
export async function listOwnSessions(
  { actor, tx }: Ctx<UserActor>,
  { idleMs }: { idleMs: number },
): Promise<OwnSession[]> {
  return tx.$queryRaw<OwnSession[]>`
    SELECT id::text AS "sessionId", created_at AS "createdAt", last_seen_at AS "lastSeenAt", address, id = ${actor.sessionId}::uuid AS present
    FROM session WHERE user_id = ${actor.userId}::uuid AND revoked_at IS NULL AND expires_at > now()
      AND last_seen_at > now() - ${idleMs} * interval '1 millisecond'
    ORDER BY last_seen_at DESC, id`;
}

/**
 * Ends one of the caller's sessions, or all but the current one. Another person's session is treated as not existing.
 * @returns how many ended.
 */
export async function endOwnSessions(ctx: Ctx<UserActor>, which: { sessionId: string } | "others"): Promise<number> {
  const { actor, tx } = ctx;
  const sessions =
    which === "others"
      ? await tx.$executeRaw`UPDATE session SET revoked_at = now()
          WHERE user_id = ${actor.userId}::uuid AND id <> ${actor.sessionId}::uuid AND revoked_at IS NULL`
      : await tx.$executeRaw`UPDATE session SET revoked_at = now()
          WHERE user_id = ${actor.userId}::uuid AND id = ${which.sessionId}::uuid AND revoked_at IS NULL`;
  if (sessions > 0) await audit(ctx, { action: "session.revoke", details: { userId: actor.userId, sessions } });
  return sessions;
}

import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";

/** An open session of the caller's account. */
export type OwnSession = {
  sessionId: string;
  createdAt: Date;
  lastSeenAt: Date;
  /** Where it was opened from; empty where nobody knows. */
  address: string;
  /** The session that asks. */
  present: boolean;
};

/** The caller's sessions that could still be used, the one used last first. @param idleMs of how long without a request one ends. */
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

/** Ends one session of the caller's, or all but the present one. Another person's is as one that is not there. @returns how many ended. */
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

import { config } from "#server/config.ts";
import type { UserActor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import type { OrganizationKind, Role } from "#server/db/generated/enums.ts";
import { sqlOn } from "#server/db/sql-on.ts";
import { endOldestSessions, endSession, openSession, touchSession } from "#server/domain/tenancy/index.ts";

/** Sign-in belongs to no organisation: its role sees the accounts of all, and no patient data. */
const asSignIn = () => sqlOn(pool("overread_auth"));

/** Sessions that one account may have open. */
export const sessionsPerAccount = 20;

/**
 * Sessions are rows; the cookie only contains an id. So a session ends at once when it is revoked, when its user is
 * deactivated, after 15 minutes without a request, and 12 hours after sign-in in any case. All times are the
 * database's.
 */
export async function createSession(userId: string, orgId: string, address = ""): Promise<string> {
  const { absoluteMs } = config().session;
  const id = await openSession(asSignIn(), { userId, orgId, address, absoluteMs });
  // Browsers closed without signing out leave sessions open.
  await endOldestSessions(asSignIn(), userId, { but: id, keep: sessionsPerAccount - 1 });
  return id;
}

type SessionRow = {
  userId: string;
  orgId: string;
  orgSlug: string;
  orgKind: OrganizationKind;
  roles: Role[];
  facilityIds: string[];
  displayName: string;
  email: string;
  stale: boolean;
};

const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/**
 * The owner of a session, or null when it is no longer valid.
 *
 * @param touch whether this counts as activity. An open event stream does not.
 */
export async function findSession(sessionId: string, { touch = true } = {}): Promise<UserActor | null> {
  if (!uuid.test(sessionId)) return null;
  const { rows } = await pool("overread_auth").query<SessionRow>({
    name: "find-session",
    text: `SELECT u.id AS "userId", u.org_id AS "orgId", o.slug AS "orgSlug", o.kind::text AS "orgKind", u.roles::text[] AS roles,
             u.facility_ids::text[] AS "facilityIds", u.display_name AS "displayName", u.email,
             s.last_seen_at < now() - interval '1 minute' AS stale
           FROM session s JOIN user_account u ON u.id = s.user_id JOIN organization o ON o.id = u.org_id
           WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > now()
             AND s.last_seen_at > now() - $2 * interval '1 millisecond' AND u.deactivated_at IS NULL`,
    values: [sessionId, config().session.idleMs],
  });
  const row = rows[0];
  if (!row) return null;
  const { stale, ...user } = row;
  // Once a minute is precise enough for a limit of fifteen, and avoids a write per request.
  if (touch && stale) await touchSession(asSignIn(), sessionId);
  return { kind: "user", ...user, sessionId };
}

/** Ends one session. Idempotent. @returns its user, when it was still open. */
export async function revokeSession(sessionId: string): Promise<{ userId: string } | null> {
  return uuid.test(sessionId) ? endSession(asSignIn(), sessionId) : null;
}

import type { SqlTx } from "#server/context.ts";

/** Opens a session. All times are the database's. @returns its id. */
export async function openSession(
  sql: SqlTx,
  session: { userId: string; orgId: string; address: string; absoluteMs: number },
): Promise<string> {
  const [row] = await sql.$queryRaw<{ id: string }[]>`
    INSERT INTO session (user_id, org_id, expires_at, address)
    VALUES (${session.userId}, ${session.orgId}, now() + ${session.absoluteMs} * interval '1 millisecond', ${session.address})
    RETURNING id`;
  return row!.id;
}

/** Ends the least recently used sessions of an account beyond the limit. */
export async function endOldestSessions(sql: SqlTx, userId: string, { but, keep }: { but: string; keep: number }) {
  await sql.$executeRaw`
    UPDATE session SET revoked_at = now() WHERE user_id = ${userId} AND revoked_at IS NULL AND id <> ${but} AND id NOT IN (
      SELECT id FROM session WHERE user_id = ${userId} AND revoked_at IS NULL AND id <> ${but}
      ORDER BY last_seen_at DESC, id DESC LIMIT ${keep})`;
}

/** Records activity. */
export async function touchSession(sql: SqlTx, sessionId: string): Promise<void> {
  await sql.$executeRaw`UPDATE session SET last_seen_at = now() WHERE id = ${sessionId}`;
}

/** Ends one session. Idempotent. @returns the user it belonged to, when it was still open. */
export async function endSession(sql: SqlTx, sessionId: string): Promise<{ userId: string } | null> {
  const [row] = await sql.$queryRaw<{ userId: string }[]>`
    UPDATE session SET revoked_at = now() WHERE id = ${sessionId} AND revoked_at IS NULL RETURNING user_id AS "userId"`;
  return row ?? null;
}

/** Ends every session of an account. @returns how many were open. */
export async function endAllSessions(sql: SqlTx, userId: string): Promise<number> {
  return sql.$executeRaw`UPDATE session SET revoked_at = now() WHERE user_id = ${userId}::uuid AND revoked_at IS NULL`;
}

import { prisma } from "#server/db/clients.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import { findSession, revokeSession } from "./session.ts";

/** Signs a person out of a session; audited in the person's organisation. Idempotent. */
export async function signOut(sessionId: string): Promise<void> {
  const actor = await findSession(sessionId, { touch: false });
  await revokeSession(sessionId);
  if (!actor) return;
  await prisma("overread_auth").$transaction((tx) =>
    appendAs(tx, actor, { action: "session.sign-out", details: { sessionId } }),
  );
}

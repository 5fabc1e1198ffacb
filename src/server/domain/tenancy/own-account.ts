import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { listOwnResetLinks } from "./own-reset-links.ts";
import { endLinks } from "./password-link.ts";
import { endAllSessions } from "./sessions.ts";

/** The caller's account and organisation, for display. */
export async function ownAccount(ctx: Ctx<UserActor>) {
  const { actor, tx } = ctx;
  const user = await tx.user.findUnique({ where: { id: actor.userId } });
  const org = await tx.organization.findUnique({ where: { id: actor.orgId } });
  if (!user || !org) throw new DomainError("user.not-found");
  return {
    user: { id: user.id, name: user.displayName, email: user.email, qualification: user.qualification },
    org: { slug: org.slug, name: org.name, kind: org.kind, timeZone: org.timeZone },
    roles: actor.roles,
    resetLinks: await listOwnResetLinks(ctx),
  };
}

/** Ends every session of the caller, the current one included. @returns how many were open. */
export async function signOutEverywhere(ctx: Ctx<UserActor>): Promise<{ sessions: number }> {
  const { actor, tx } = ctx;
  const sessions = await endAllSessions(tx, actor.userId);
  await audit(ctx, { action: "session.revoke", details: { userId: actor.userId, sessions } });
  return { sessions };
}

/**
 * Changes the caller's password, and ends their other sessions and every open link of the account.
 *
 * @param passwordHash argon2id of the new one; the caller has verified the old one.
 */
export async function changePassword(ctx: Ctx<UserActor>, { passwordHash }: { passwordHash: string }): Promise<void> {
  const { actor, tx } = ctx;
  const changed =
    await tx.$executeRaw`UPDATE credential SET password_hash = ${passwordHash}, changed_at = now(), must_change = false WHERE user_id = ${actor.userId}::uuid`;
  if (changed !== 1) throw new DomainError("user.not-found");
  await endLinks(tx, actor.userId);
  const sessions = await tx.$executeRaw`UPDATE session SET revoked_at = now()
    WHERE user_id = ${actor.userId}::uuid AND id <> ${actor.sessionId}::uuid AND revoked_at IS NULL`;
  await audit(ctx, { action: "session.revoke", details: { userId: actor.userId, sessions, passwordChanged: true } });
}

import { DomainError } from "@overread/shared/errors";
import type { Ctx, SystemActor, Tx, UserActor } from "#server/context.ts";
import { appendAs, audit } from "../audit/index.ts";
import { type MailedLink, type PasswordLink, putAndMailLink, putLink } from "./password-link.ts";
import { findColleague, mayHaveResetLink } from "./users.ts";

/** Hours that a link is valid: the person is waiting for it. */
const validHours = 24;
/** Reset links that may be made per hour. */
const hourly = { account: 5, administrator: 30 };

/**
 * Makes the link with which a person who forgot the password sets a new one; earlier links of the account end. Nothing
 * else changes until it is used, so nobody can lock a colleague out. The account's owner is told of it, whether or not
 * it is used ({@link listOwnResetLinks}), and a change of the password ends it.
 *
 * Never for oneself, for a platform operator, or for an account without a password.
 *
 * @param address of the administrator, for the audit trail.
 * @throws {DomainError} `user.not-found`, `auth.forbidden`, `user.invitation-invalid` for a deactivated account or one
 * without a password, `user.too-many-links`
 */
export async function makeResetLink(
  ctx: Ctx<UserActor>,
  { userId, address }: { userId: string; address: string },
): Promise<MailedLink> {
  const { tx, actor } = ctx;
  const colleague = await findColleague(ctx, userId);
  if (!mayHaveResetLink(colleague)) throw new DomainError("auth.forbidden");
  await assertResettable(tx, colleague);
  await assertNotTooMany(tx, actor, userId);
  const link = await putAndMailLink(tx, { userId, orgId: actor.orgId, by: actor.userId, resets: true, validHours });
  await audit(ctx, { action: "user.reset-link", details: { userId, address } });
  return link;
}

/**
 * The same on the server's command line: also for an administrator or operator whom nobody else could let in again.
 *
 * @throws {DomainError} `user.not-found`, `user.invitation-invalid`
 */
export async function makeResetLinkAsOperator(tx: Tx, actor: SystemActor, email: string): Promise<PasswordLink> {
  const { orgId } = actor;
  const user = await tx.user.findUnique({ where: { orgId_email: { orgId, email: email.trim().toLowerCase() } } });
  if (!user) throw new DomainError("user.not-found");
  await assertResettable(tx, user);
  const link = await putLink(tx, { userId: user.id, orgId, by: null, resets: true, validHours });
  await appendAs(tx, actor, { action: "user.reset-link", details: { userId: user.id } });
  return link;
}

async function assertResettable(tx: Tx, user: { id: string; deactivatedAt: Date | null }): Promise<void> {
  const ready = await tx.credential.findUnique({ where: { userId: user.id }, select: { userId: true } });
  if (!ready || user.deactivatedAt) throw new DomainError("user.invitation-invalid");
}

async function assertNotTooMany(tx: Tx, actor: UserActor, userId: string): Promise<void> {
  // Serialises the count per administrator, so that parallel requests cannot exceed the limit.
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`reset-link ${actor.orgId}`}, 0))::text`;
  const [made] = await tx.$queryRaw<{ account: number; administrator: number }[]>`
    SELECT count(*) FILTER (WHERE user_id = ${userId}::uuid)::int AS account,
      count(*) FILTER (WHERE invited_by = ${actor.userId}::uuid)::int AS administrator
    FROM invitation WHERE org_id = ${actor.orgId}::uuid AND resets AND created_at > now() - interval '1 hour'`;
  if (made!.account >= hourly.account || made!.administrator >= hourly.administrator)
    throw new DomainError("user.too-many-links");
}

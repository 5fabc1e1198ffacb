import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { type MailedLink, putAndMailLink } from "./password-link.ts";
import { findColleague } from "./users.ts";

/** Hours that a link is valid: sent on a Friday, opened on Monday. */
const validHours = 72;

/**
 * Makes the link with which a person sets the first password of an account; earlier links of the account end. The
 * administrator passes the link on and never knows a password of the account.
 *
 * Refused for an account with a password: that needs a reset link ({@link makeResetLink}).
 *
 * @throws {DomainError} `user.not-found`, `auth.forbidden`, `user.invitation-invalid` where the account has a password
 * already
 */
export async function inviteUser(ctx: Ctx<UserActor>, { userId }: { userId: string }): Promise<MailedLink> {
  const { tx, actor } = ctx;
  const colleague = await findColleague(ctx, userId);
  const ready = await tx.credential.findUnique({ where: { userId }, select: { userId: true } });
  if (ready || colleague.deactivatedAt) throw new DomainError("user.invitation-invalid");
  const link = await putAndMailLink(tx, { userId, orgId: actor.orgId, by: actor.userId, resets: false, validHours });
  await audit(ctx, { action: "user.invite", details: { userId } });
  return link;
}

import { createHash, randomBytes } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { audit } from "../audit/index.ts";
import type { Ctx, UserActor } from "../context.ts";
import { findColleague } from "./users.ts";

/** Hours that a link works: handed over on a Friday, opened on Monday. */
const validHours = 72;

/** The part of a link that is secret, once, and until when it works. */
export type Invitation = { token: string; expiresAt: Date };

/** What the database keeps of a link's secret. */
export const invitationHash = (token: string): string => createHash("sha256").update(token).digest("hex");

/**
 * Makes the link with which a person sets the first password of an account; earlier links of the account stop working. The
 * administrator passes it on, and never knows a password of the account.
 *
 * Refused for an account that has its password: a link is no way into somebody's account.
 *
 * @throws {DomainError} `user.not-found`, `auth.forbidden`, `user.invitation-invalid` where the account has a password already
 */
export async function inviteUser(ctx: Ctx<UserActor>, { userId }: { userId: string }): Promise<Invitation> {
  const { tx, actor } = ctx;
  const colleague = await findColleague(ctx, userId);
  const ready = await tx.credential.findUnique({ where: { userId }, select: { userId: true } });
  if (ready || colleague.deactivatedAt) throw new DomainError("user.invitation-invalid");
  const token = randomBytes(32).toString("base64url");
  await tx.$executeRaw`UPDATE invitation SET used_at = now() WHERE user_id = ${userId}::uuid AND used_at IS NULL`;
  const [row] = await tx.$queryRaw<{ expiresAt: Date }[]>`
    INSERT INTO invitation (user_id, org_id, token_sha256, invited_by, expires_at)
    VALUES (${userId}::uuid, ${actor.orgId}::uuid, ${invitationHash(token)}, ${actor.userId}::uuid, now() + ${validHours} * interval '1 hour')
    RETURNING expires_at AS "expiresAt"`;
  await audit(ctx, { action: "user.invite", details: { userId } });
  return { token, expiresAt: row!.expiresAt };
}

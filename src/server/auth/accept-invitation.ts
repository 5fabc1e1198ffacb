import { DomainError } from "@overread/shared/errors";
import { pool, prisma } from "#server/db/clients.ts";
import { appendAs } from "#server/domain/audit/index.ts";
import { linkHash, redeemLink } from "#server/domain/tenancy/index.ts";
import { systemActor } from "#server/system-actor.ts";
import { assertGoodPassword } from "./new-password.ts";
import { hashPassword } from "./password.ts";
import { returnAttempt, type Throttle, takeAttempt } from "./rate-limit.ts";
import { record } from "./record-sign-in.ts";
import { spendSecondFactor } from "./second-factor.ts";

type Invited = {
  id: string;
  userId: string;
  orgId: string;
  email: string;
  displayName: string;
  orgName: string;
  /** The account has a password, which this link replaces. */
  resets: boolean;
  /** The link also requires a code of the account's authenticator app. */
  secondFactor: boolean;
};

const open = `SELECT i.id, i.user_id AS "userId", i.org_id AS "orgId", u.email, u.display_name AS "displayName", o.name AS "orgName",
    i.resets, f.confirmed_at IS NOT NULL AS "secondFactor"
  FROM invitation i JOIN user_account u ON u.id = i.user_id JOIN organization o ON o.id = i.org_id
    LEFT JOIN second_factor f ON f.user_id = i.user_id
  WHERE i.token_sha256 = $1 AND i.used_at IS NULL AND i.expires_at > now() AND u.deactivated_at IS NULL`;

/**
 * The account of a link. @throws {DomainError} `user.invitation-invalid`: used, expired, replaced or unknown; the same
 * error for all.
 */
export async function findInvitation(token: string): Promise<Invited> {
  const { rows } = await pool("overread_auth").query<Invited>(open, [linkHash(token)]);
  if (!rows[0]) throw new DomainError("user.invitation-invalid");
  return rows[0];
}

/** Input of a redemption. */
export type Acceptance = {
  /** Where the request came from. */
  address: string;
  /** Code of the authenticator app, or a recovery code, where the account has a second factor. */
  totp?: string | undefined;
};

/**
 * Sets an account's first password, or a new one where it was forgotten, chosen by the person who was sent the link. A
 * link works once, also for two concurrent calls. A new password ends all sessions and requires the account's second
 * factor: whoever made the link has at most one of the two factors.
 *
 * @returns the address to sign in with.
 * @throws {DomainError} `user.invitation-invalid`; the link stays valid after: `user.password-weak`,
 * `auth.second-factor-required`, `auth.second-factor-invalid`, `auth.rate-limited`
 */
export async function acceptInvitation(
  token: string,
  password: string,
  { address, totp }: Acceptance,
): Promise<{ email: string }> {
  const link = await findInvitation(token);
  const { id, userId, orgId, email, displayName, orgName, resets } = link;
  // It is not disclosed whether this is the old password: the link's holder could otherwise test passwords that may be
  // used elsewhere.
  assertGoodPassword(password, { about: [email, displayName, orgName] });
  if (link.secondFactor) await assertSecondFactor(link, address, totp);
  const passwordHash = await hashPassword(password);
  await prisma("overread_auth").$transaction(async (tx) => {
    await redeemLink(tx, { id, userId, orgId, resets }, { passwordHash, address });
    await appendAs(tx, systemActor(orgId, resets ? "reset-link" : "invitation"), {
      action: resets ? "user.reset-password" : "user.accept-invitation",
      details: { userId, address },
    });
  });
  return { email };
}

/** Wrong codes are counted per account, over all its links, and audited. */
async function assertSecondFactor(
  { userId, orgId }: Invited,
  address: string,
  totp: string | undefined,
): Promise<void> {
  if (!totp?.trim()) throw new DomainError("auth.second-factor-required");
  const throttles: Throttle[] = [{ kind: "link", value: userId }];
  await takeAttempt(throttles);
  if (!(await spendSecondFactor(userId, totp))) {
    await record(systemActor(orgId, "reset-link"), {
      action: "session.sign-in-refused",
      outcome: "refused",
      details: { userId, reason: "second-factor", address },
    });
    throw new DomainError("auth.second-factor-invalid");
  }
  await returnAttempt(throttles);
}

import { DomainError } from "@overread/shared/errors";
import { pool, prisma } from "#server/db/clients.ts";
import { type AuditEntry, appendAs } from "#server/domain/audit/index.ts";
import type { Actor, UserActor } from "#server/domain/context.ts";
import { verifyPassword } from "./password.ts";
import { returnAttempt, type Throttle, takeAttempt } from "./rate-limit.ts";
import { createSession, findSession } from "./session.ts";
import { systemActor } from "./system-actor.ts";

type Account = { userId: string; orgId: string; passwordHash: string; deactivated: boolean };

async function findAccount(by: "email" | "id", value: string): Promise<Account | null> {
  const { rows } = await pool("overread_auth").query<Account>(
    `SELECT u.id AS "userId", u.org_id AS "orgId", c.password_hash AS "passwordHash", u.deactivated_at IS NOT NULL AS deactivated
     FROM user_account u JOIN credential c ON c.user_id = u.id WHERE ${by === "email" ? "u.email = $1" : "u.id = $1::uuid"}`,
    [value],
  );
  return rows[0] ?? null;
}

async function record(actor: Actor, entry: AuditEntry): Promise<void> {
  await prisma("overread_auth").$transaction((tx) => appendAs(tx, actor, entry));
}

/** The refusal of a known account is on record. A flood leaves one entry when it meets the limit, not thousands. */
async function recordRefusal(account: Account | null, reason: string): Promise<void> {
  if (!account) return;
  await record(systemActor(account.orgId, "sign-in"), {
    action: "session.sign-in-refused",
    outcome: "refused",
    details: { userId: account.userId, reason },
  });
}

/**
 * Signs a person in: checks the password and opens a session.
 *
 * The answer and the work are the same whether the address is unknown, the password wrong or the account deactivated.
 *
 * @param address where the request came from, for the limit per address.
 * @throws {DomainError} `auth.invalid-credentials`; `auth.rate-limited` with `retryAfterSeconds`.
 */
export async function authenticate(email: string, password: string, address: string): Promise<UserActor> {
  const normalised = email.trim().toLowerCase();
  const throttles: Throttle[] = [
    { kind: "account", value: normalised },
    { kind: "address", value: address },
  ];
  const account = await findAccount("email", normalised);
  try {
    await takeAttempt(throttles);
  } catch (error) {
    if (error instanceof DomainError && error.details.first) await recordRefusal(account, "rate-limited");
    throw error;
  }
  // Longer than any password there is: not worth hashing whole.
  const matches = await verifyPassword(account?.passwordHash ?? null, password.length > 1000 ? "" : password);
  if (!account || !matches || account.deactivated) {
    await recordRefusal(account, account?.deactivated ? "deactivated" : "password");
    throw new DomainError("auth.invalid-credentials");
  }
  await returnAttempt(throttles);
  const sessionId = await createSession(account.userId, account.orgId);
  const actor = await findSession(sessionId);
  if (!actor) throw new DomainError("auth.invalid-credentials");
  await record(actor, { action: "session.sign-in", details: { sessionId } });
  return actor;
}

/**
 * Asks a signed-in person for the password once more, before an act that counts as a signature. Wrong answers count
 * against the account's sign-in allowance.
 *
 * @throws {DomainError} `auth.reauthentication-failed`; `auth.rate-limited`.
 */
export async function reauthenticate(actor: UserActor, password: string): Promise<void> {
  const throttles: Throttle[] = [{ kind: "account", value: actor.email }];
  const account = await findAccount("id", actor.userId);
  await takeAttempt(throttles);
  const matches = await verifyPassword(account?.passwordHash ?? null, password);
  if (!account || !matches || account.deactivated) {
    await recordRefusal(account, "reauthentication");
    throw new DomainError("auth.reauthentication-failed");
  }
  await returnAttempt(throttles);
}

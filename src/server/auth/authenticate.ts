import { DomainError } from "@overread/shared/errors";
import { pool, prisma } from "#server/db/clients.ts";
import { type AuditEntry, appendAs } from "#server/domain/audit/index.ts";
import type { Actor, UserActor } from "#server/domain/context.ts";
import { verifyPassword } from "./password.ts";
import { returnAttempt, type Throttle, takeAttempt } from "./rate-limit.ts";
import { createSession, findSession } from "./session.ts";
import { systemActor } from "./system-actor.ts";

type Account = { userId: string; orgId: string; orgSlug: string; passwordHash: string; deactivated: boolean };

/**
 * The accounts of an address, one per organisation that made one; the one used last comes first.
 * By id: the one account or none.
 */
async function findAccounts(by: "email" | "id", value: string): Promise<Account[]> {
  const { rows } = await pool("overread_auth").query<Account>(
    `SELECT u.id AS "userId", u.org_id AS "orgId", o.slug AS "orgSlug", c.password_hash AS "passwordHash",
       u.deactivated_at IS NOT NULL AS deactivated
     FROM user_account u JOIN credential c ON c.user_id = u.id JOIN organization o ON o.id = u.org_id
     WHERE ${by === "email" ? "u.email = $1" : "u.id = $1::uuid"}
     ORDER BY (SELECT max(s.created_at) FROM session s WHERE s.user_id = u.id) DESC NULLS LAST, u.created_at, u.id`,
    [value],
  );
  return rows;
}

/** As many passwords as an attempt always compares, so that its time does not tell how many accounts an address has. */
const usualAccounts = 2;

/** The accounts whose password this is, in the order given. */
async function matching(accounts: Account[], password: string): Promise<Account[]> {
  const decoys = Array.from({ length: Math.max(0, usualAccounts - accounts.length) }, () => null);
  const hashes = [...accounts.map(({ passwordHash }) => passwordHash), ...decoys];
  // Longer than any password there is: not worth hashing whole.
  const typed = password.length > 1000 ? "" : password;
  const verdicts = await Promise.all(hashes.map((hash) => verifyPassword(hash, typed)));
  return accounts.filter((_, n) => verdicts[n]);
}

async function record(actor: Actor, entry: AuditEntry): Promise<void> {
  await prisma("overread_auth").$transaction((tx) => appendAs(tx, actor, entry));
}

/** The refusal of a known account is on record. A flood leaves one entry when it meets the limit, not thousands. */
async function recordRefusal(accounts: Account[], reason: string): Promise<void> {
  for (const { orgId, userId, deactivated } of accounts)
    await record(systemActor(orgId, "sign-in"), {
      action: "session.sign-in-refused",
      outcome: "refused",
      details: { userId, reason: deactivated ? "deactivated" : reason },
    });
}

/**
 * Signs a person in: checks the password and opens a session. One address may have an account in several organisations; the
 * password says which is meant, and where one password opens several, the one used last.
 *
 * The answer and the work are the same whether the address is unknown, the password wrong or the account deactivated.
 *
 * @param address where the request came from, for the limit per address.
 * @param orgSlug the organisation to sign in at, for who has the same password in two.
 * @throws {DomainError} `auth.invalid-credentials`; `auth.rate-limited` with `retryAfterSeconds`.
 */
export async function authenticate(
  email: string,
  password: string,
  address: string,
  { orgSlug }: { orgSlug?: string | undefined } = {},
): Promise<UserActor> {
  const normalised = email.trim().toLowerCase();
  const throttles: Throttle[] = [
    { kind: "account", value: normalised },
    { kind: "address", value: address },
  ];
  const accounts = await findAccounts("email", normalised);
  try {
    await takeAttempt(throttles);
  } catch (error) {
    if (error instanceof DomainError && error.details.first) await recordRefusal(accounts, "rate-limited");
    throw error;
  }
  const opened = (await matching(accounts, password)).filter(
    (account) => !account.deactivated && (!orgSlug || account.orgSlug === orgSlug),
  )[0];
  if (!opened) {
    await recordRefusal(accounts, "password");
    throw new DomainError("auth.invalid-credentials");
  }
  await returnAttempt(throttles);
  const sessionId = await createSession(opened.userId, opened.orgId);
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
  const accounts = await findAccounts("id", actor.userId);
  await takeAttempt(throttles);
  const [account] = await matching(accounts, password);
  if (!account || account.deactivated) {
    await recordRefusal(accounts, "reauthentication");
    throw new DomainError("auth.reauthentication-failed");
  }
  await returnAttempt(throttles);
}

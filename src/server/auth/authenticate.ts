import { DomainError } from "@overread/shared/errors";
import type { UserActor } from "#server/context.ts";
import { type Account, accountsWithPassword, findAccounts, hasSignedInFrom } from "./accounts.ts";
import { returnAttempt, sourceOf, type Throttle, takeAttempt } from "./rate-limit.ts";
import { record, recordRefusal } from "./record-sign-in.ts";
import { spendSecondFactor } from "./second-factor.ts";
import { createSession, findSession } from "./session.ts";

/**
 * Signs a person in: checks the password and the second factor, and opens a session. One address may have accounts in
 * several organisations; the password decides which, and where it fits several, the one used last.
 *
 * Answer and duration are the same whether the address is unknown, the password wrong or the account deactivated.
 * Attempts are counted per account and source, so that a stranger who knows an address locks out only himself; the
 * count over all sources does not apply to sources from which the account has signed in before.
 *
 * @param address of the request.
 * @param orgSlug the organisation to sign in at, for a person with the same password in two.
 * @param totp the code of the authenticator app, or a recovery code.
 * @throws {DomainError} `auth.invalid-credentials`; `auth.rate-limited` with `retryAfterSeconds`; with the right
 * password `auth.second-factor-required` and `auth.second-factor-invalid`.
 */
export async function authenticate(
  email: string,
  password: string,
  address: string,
  { orgSlug, totp }: { orgSlug?: string | undefined; totp?: string | undefined } = {},
): Promise<UserActor> {
  const normalised = email.trim().toLowerCase();
  const source = sourceOf(address);
  // Postgres text cannot contain NUL, so no account has such an address.
  const accounts = normalised.includes("\0") ? [] : await findAccounts("email", normalised);
  const throttles: Throttle[] = [
    { kind: "account-source", value: `${normalised} ${source}` },
    { kind: "address", value: source },
  ];
  if (!(await hasSignedInFrom(accounts, address))) throttles.push({ kind: "account", value: normalised });
  const refused = (reason: string) => recordRefusal(accounts, { email: normalised, address, reason });
  try {
    await takeAttempt(throttles);
  } catch (error) {
    if (error instanceof DomainError && error.details.first) await refused("rate-limited");
    throw error;
  }
  const opened = (await accountsWithPassword(accounts, password)).filter(
    (account) => !account.deactivated && (!orgSlug || account.orgSlug === orgSlug),
  )[0];
  if (!opened) {
    await refused("password");
    throw new DomainError("auth.invalid-credentials");
  }
  // Asking for the code is no failure; a wrong code is one and consumes the attempt.
  if (opened.secondFactor && !totp?.trim()) {
    await returnAttempt(throttles);
    throw new DomainError("auth.second-factor-required");
  }
  if (!(await passesSecondFactor(opened, totp))) {
    await recordRefusal([opened], { email: normalised, address, reason: "second-factor" });
    throw new DomainError("auth.second-factor-invalid");
  }
  await returnAttempt(throttles);
  const sessionId = await createSession(opened.userId, opened.orgId, address);
  const actor = await findSession(sessionId);
  if (!actor) throw new DomainError("auth.invalid-credentials");
  await record(actor, { action: "session.sign-in", details: { sessionId, address } });
  return actor;
}

async function passesSecondFactor(account: Account, totp: string | undefined): Promise<boolean> {
  return !account.secondFactor || (await spendSecondFactor(account.userId, totp ?? ""));
}

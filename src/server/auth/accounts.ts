import { pool } from "#server/db/clients.ts";
import { verifyPassword } from "./password.ts";
import { sourceOf } from "./rate-limit.ts";

/** An account as the sign-in role sees it. */
export type Account = {
  userId: string;
  orgId: string;
  orgSlug: string;
  passwordHash: string;
  deactivated: boolean;
  /** Somebody else has known the password. */
  mustChange: boolean;
  /** A second factor is set up and confirmed. */
  secondFactor: boolean;
};

/**
 * The accounts of an address, one per organisation at most, most recently used first. By id: the one account or none.
 */
export async function findAccounts(by: "email" | "id", value: string): Promise<Account[]> {
  const { rows } = await pool("overread_auth").query<Account>(
    `SELECT u.id AS "userId", u.org_id AS "orgId", o.slug AS "orgSlug", c.password_hash AS "passwordHash",
       u.deactivated_at IS NOT NULL AS deactivated, c.must_change AS "mustChange", f.confirmed_at IS NOT NULL AS "secondFactor"
     FROM user_account u JOIN credential c ON c.user_id = u.id JOIN organization o ON o.id = u.org_id
       LEFT JOIN second_factor f ON f.user_id = u.id
     WHERE ${by === "email" ? "u.email = $1" : "u.id = $1::uuid"}
     ORDER BY (SELECT max(s.created_at) FROM session s WHERE s.user_id = u.id) DESC NULLS LAST, u.created_at, u.id`,
    [value],
  );
  return rows;
}

/**
 * Every attempt compares at least this many passwords, so that its duration does not disclose how many accounts an
 * address has.
 */
const usualAccounts = 2;

/** The accounts with this password, in the given order. */
export async function accountsWithPassword(accounts: Account[], password: string): Promise<Account[]> {
  const decoys = Array.from({ length: Math.max(0, usualAccounts - accounts.length) }, () => null);
  const hashes = [...accounts.map(({ passwordHash }) => passwordHash), ...decoys];
  // Longer than any stored password can be: not worth hashing.
  const typed = password.length > 1000 ? "" : password;
  const verdicts = await Promise.all(hashes.map((hash) => verifyPassword(hash, typed)));
  return accounts.filter((_, n) => verdicts[n]);
}

/** Whether one of these accounts was signed in from this source within the last ninety days. */
export async function hasSignedInFrom(accounts: Account[], address: string): Promise<boolean> {
  const { rows } = await pool("overread_auth").query<{ address: string }>(
    `SELECT DISTINCT address FROM session
     WHERE user_id = ANY ($1::uuid[]) AND address NOT IN ('', 'unknown') AND created_at > now() - interval '90 days'`,
    [accounts.map(({ userId }) => userId)],
  );
  const source = sourceOf(address);
  return rows.some((row) => sourceOf(row.address) === source);
}

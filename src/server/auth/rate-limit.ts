import { createHmac } from "node:crypto";
import { isIPv6 } from "node:net";
import { DomainError } from "@overread/shared/errors";
import { config } from "#server/config.ts";
import { pool } from "#server/db/clients.ts";

/**
 * Failures allowed per quarter of an hour.
 * - `account-source`: at one account from one source. A stranger uses up his own source's, not the owner's.
 * - `account`: at one account from all sources that have never signed in there, against distributed guessing.
 * - `address`: from one source at any accounts; a source may be a whole hospital behind one router.
 * - `session`: in one session, for re-authentication.
 * - `link`: at the second factor of one account, by holders of a password link.
 */
export const signInLimits = { "account-source": 8, account: 100, address: 60, session: 8, link: 8 } as const;
const windowMinutes = 15;

export type Throttle = { kind: keyof typeof signInLimits; value: string };

/** Keys are keyed hashes: what people type into an address field, passwords included, is not stored. */
function keyOf({ kind, value }: Throttle): string {
  const name = value.trim().toLowerCase();
  return `${kind}:${createHmac("sha256", config().key("sign-in")).update(`${kind}:${name}`).digest("base64url")}`;
}

/**
 * The network source of a caller: an IPv4 address, or the first half of an IPv6 one, since a single subscriber controls
 * the whole second half (RFC 6177).
 */
export function sourceOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.toLowerCase().split("::");
  const before = head ? head.split(":") : [];
  const behind = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : 8 - before.length - behind.length;
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...behind];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

/**
 * Takes one attempt from each limit before the password is checked: parallel attempts are counted one by one, so none
 * slips through.
 *
 * @throws {DomainError} `auth.rate-limited` with `retryAfterSeconds`, and `first` on the attempt that met the limit.
 */
export async function takeAttempt(throttles: Throttle[]): Promise<void> {
  let refusal: { retryAfterSeconds: number; first: boolean } | undefined;
  for (const throttle of throttles) {
    const { rows } = await pool("overread_auth").query<{ failures: number; retry: number }>(
      `INSERT INTO sign_in_attempt AS a (key, window_start, failures) VALUES ($1, now(), 1)
       ON CONFLICT (key) DO UPDATE SET
         failures = CASE WHEN a.window_start < now() - $2 * interval '1 minute' THEN 1 ELSE a.failures + 1 END,
         window_start = CASE WHEN a.window_start < now() - $2 * interval '1 minute' THEN now() ELSE a.window_start END
       RETURNING failures, ceil(extract(epoch FROM window_start + $2 * interval '1 minute' - now()))::int AS retry`,
      [keyOf(throttle), windowMinutes],
    );
    const { failures, retry } = rows[0]!;
    const limit = signInLimits[throttle.kind];
    if (failures > limit) refusal = { retryAfterSeconds: Math.max(1, retry), first: failures === limit + 1 };
  }
  if (refusal) throw new DomainError("auth.rate-limited", { details: refusal });
}

/**
 * The attempt succeeded: each limit gets its attempt back, and no more. Earlier failures stay until their window ends,
 * since the address may have another person's account too: knowing one password must not buy new guesses at the other.
 */
export async function returnAttempt(throttles: Throttle[]): Promise<void> {
  for (const throttle of throttles)
    await pool("overread_auth").query(
      "UPDATE sign_in_attempt SET failures = greatest(failures - 1, 0) WHERE key = $1",
      [keyOf(throttle)],
    );
  await pool("overread_auth").query(
    "DELETE FROM sign_in_attempt WHERE window_start < now() - interval '1 day' AND key <> ALL ($1)",
    [throttles.map(keyOf)],
  );
}

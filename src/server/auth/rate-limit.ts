import { createHmac } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { config } from "#server/config.ts";
import { pool } from "#server/db/clients.ts";

/** Failures allowed in a quarter of an hour. One address may be a whole hospital behind one router. */
export const signInLimits = { account: 8, address: 60 } as const;
const windowMinutes = 15;

export type Throttle = { kind: keyof typeof signInLimits; value: string };

/** Keys are keyed hashes: what people type into an address field, passwords included, is not kept. */
function keyOf({ kind, value }: Throttle): string {
  const name = value.trim().toLowerCase();
  return `${kind}:${createHmac("sha256", config().key("sign-in")).update(`${kind}:${name}`).digest("base64url")}`;
}

/**
 * Takes one attempt from each allowance before the password is looked at: attempts made side by side count
 * one by one, so none slips through together with another.
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
 * The attempt was good: each allowance gets back the one it paid, and no more. The failures before it stay until their window
 * ends, since the address may have an account with somebody else too: whoever knows one of the passwords must not buy new
 * guesses at the other with it.
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

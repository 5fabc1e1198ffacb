import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { Secret, TOTP } from "otpauth";
import { config } from "#server/config.ts";
import type { UserActor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import { returnAttempt, type Throttle, takeAttempt } from "./rate-limit.ts";
import { record } from "./record-sign-in.ts";

/**
 * Period of a code in seconds (RFC 6238 §5.2); the previous and the next code are accepted too, for clocks that differ.
 */
const period = 30;
const recoveryCodes = 10;

const key = () => Buffer.from(config().key("second-factor"), "base64url");

function encrypt(plain: Uint8Array): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key(), iv);
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64");
}

function decrypt(stored: string): Buffer {
  const bytes = Buffer.from(stored, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key(), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
}

function totpOf(secret: Uint8Array, label: string): TOTP {
  // RFC 4226 and 6238 as every authenticator app implements them: HMAC-SHA-1, six digits.
  return new TOTP({
    issuer: "Overread",
    label,
    algorithm: "SHA1",
    digits: 6,
    period,
    secret: new Secret({ buffer: new Uint8Array(secret).buffer }),
  });
}

/** Recovery codes have 50 random bits and are protected by the sign-in limits: a plain hash is enough. */
const hashOf = (code: string): string =>
  createHash("sha256").update(code.toLowerCase().replace(/[\s-]/g, "")).digest("hex");

/**
 * Begins to set up an authenticator app. Nothing requires it before {@link confirmSecondFactor}; beginning again voids
 * the previous secret.
 *
 * @returns the secret for typing, and the URL for a QR code.
 * @throws {DomainError} `auth.second-factor-exists`
 */
export async function beginSecondFactor(actor: UserActor): Promise<{ secret: string; uri: string }> {
  const secret = randomBytes(20);
  const { rowCount } = await pool("overread_auth").query(
    `INSERT INTO second_factor AS f (user_id, org_id, secret) VALUES ($1, $2, $3)
     ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0 WHERE f.confirmed_at IS NULL`,
    [actor.userId, actor.orgId, encrypt(secret)],
  );
  if (rowCount !== 1) throw new DomainError("auth.second-factor-exists");
  const totp = totpOf(secret, actor.email);
  return { secret: totp.secret.base32, uri: totp.toString() };
}

/**
 * Completes the set-up with a valid code; from now on sign-in and signatures require one.
 *
 * @returns recovery codes, shown only now, each valid for one sign-in without the app.
 * @throws {DomainError} `auth.second-factor-invalid`, `auth.rate-limited`
 */
export async function confirmSecondFactor(actor: UserActor, code: string): Promise<{ recoveryCodes: string[] }> {
  const throttles: Throttle[] = [{ kind: "session", value: actor.sessionId }];
  await takeAttempt(throttles);
  const { rows } = await pool("overread_auth").query<{ secret: string }>(
    "SELECT secret FROM second_factor WHERE user_id = $1 AND confirmed_at IS NULL",
    [actor.userId],
  );
  const step = rows[0] && stepOf(rows[0].secret, code);
  if (!step) throw new DomainError("auth.second-factor-invalid");
  const codes = Array.from({ length: recoveryCodes }, () => randomBytes(7).toString("hex").slice(0, 13));
  const { rowCount } = await pool("overread_auth").query(
    `UPDATE second_factor SET confirmed_at = now(), last_step = $2, recovery_sha256 = $3
     WHERE user_id = $1 AND confirmed_at IS NULL AND secret = $4`,
    [actor.userId, step, codes.map(hashOf), rows[0]!.secret],
  );
  if (rowCount !== 1) throw new DomainError("auth.second-factor-invalid");
  await returnAttempt(throttles);
  await record(actor, { action: "user.second-factor", details: { userId: actor.userId, change: "added" } });
  return { recoveryCodes: codes.map((each) => each.replace(/^(.{4})(.{4})/, "$1-$2-")) };
}

/** Removes the second factor of an account. The caller has verified password and code. Idempotent. */
export async function removeSecondFactor(actor: UserActor): Promise<void> {
  const { rowCount } = await pool("overread_auth").query("DELETE FROM second_factor WHERE user_id = $1", [
    actor.userId,
  ]);
  if (rowCount)
    await record(actor, { action: "user.second-factor", details: { userId: actor.userId, change: "removed" } });
}

/** Whether an account requires a second factor, and how many recovery codes are left. */
export async function secondFactorOf(userId: string): Promise<{ enabled: boolean; recoveryCodesLeft: number }> {
  const { rows } = await pool("overread_auth").query<{ left: number }>(
    `SELECT cardinality(recovery_sha256) AS left FROM second_factor WHERE user_id = $1 AND confirmed_at IS NOT NULL`,
    [userId],
  );
  return { enabled: rows.length > 0, recoveryCodesLeft: rows[0]?.left ?? 0 };
}

/**
 * Consumes a code of the authenticator app, or a recovery code. Each works once, also for two concurrent calls (RFC
 * 6238 §5.2).
 */
export async function spendSecondFactor(userId: string, typed: string): Promise<boolean> {
  if (typed.length > 40) return false;
  const { rows } = await pool("overread_auth").query<{ secret: string }>(
    "SELECT secret FROM second_factor WHERE user_id = $1 AND confirmed_at IS NOT NULL",
    [userId],
  );
  if (!rows[0]) return false;
  const step = stepOf(rows[0].secret, typed);
  const { rowCount } = step
    ? await pool("overread_auth").query(
        "UPDATE second_factor SET last_step = $2 WHERE user_id = $1 AND last_step < $2",
        [userId, step],
      )
    : await pool("overread_auth").query(
        `UPDATE second_factor SET recovery_sha256 = array_remove(recovery_sha256, $2)
         WHERE user_id = $1 AND $2 = ANY (recovery_sha256)`,
        [userId, hashOf(typed)],
      );
  return rowCount === 1;
}

/** The time step of a code, or null. */
function stepOf(storedSecret: string, typed: string): number | null {
  const code = typed.replace(/\s/g, "");
  if (!/^\d{6}$/.test(code)) return null;
  const now = Date.now();
  const delta = totpOf(decrypt(storedSecret), "").validate({ token: code, window: 1, timestamp: now });
  return delta === null ? null : Math.floor(now / 1000 / period) + delta;
}

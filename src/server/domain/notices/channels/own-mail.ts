import { randomInt } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { z } from "zod";
import type { Ctx, UserActor } from "#server/context.ts";
import { planSending } from "./record-deliveries.ts";
import { mailCodeKind } from "./take-delivery.ts";

const Minute = z.int().min(0).max(1439);
const isZone = (zone: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
};
export const SaveMail = z.object({
  address: z.email().max(254),
  /** Minutes of the day; null: none. */
  quiet: z.object({ from: Minute, until: Minute }).nullable(),
  timeZone: z.string().max(60).refine(isZone, "no time zone"),
});
export const MailCode = z.object({ code: z.string().regex(/^\d{6}$/) });

export type OwnMail = {
  address: string;
  verified: boolean;
  quiet: { from: number; until: number } | null;
  timeZone: string;
};

/** Where the caller is told by mail; null: nowhere. */
export async function ownMail({ actor, tx }: Ctx<UserActor>): Promise<OwnMail | null> {
  const row = await tx.noticeMail.findUnique({ where: { userId: actor.userId } });
  if (!row) return null;
  const { address, verifiedAt, quietFrom, quietUntil, timeZone } = row;
  const quiet = quietFrom === null || quietUntil === null ? null : { from: quietFrom, until: quietUntil };
  return { address, verified: verifiedAt !== null, quiet, timeZone };
}

/** So many codes are sent for one person within an hour, to whatever addresses: nobody's letter box is filled from here, and no code is guessed. */
const codesPerHour = 5;

/**
 * Saves where and when; a new address gets a code first, and nothing else until it was typed.
 * @throws {DomainError} `request.invalid` (a zone that the database does not tell times in), `request.rate-limited` (too many codes)
 */
export async function saveMail(
  ctx: Ctx<UserActor>,
  { address, quiet, timeZone }: z.output<typeof SaveMail>,
): Promise<{ codeSent: boolean }> {
  const { actor, tx } = ctx;
  // Abbreviations and offsets mean something else there, or nothing.
  const [zone] = await tx.$queryRaw<{ known: boolean }[]>`
    SELECT EXISTS (SELECT 1 FROM pg_timezone_names WHERE lower(name) = lower(${timeZone})) AS known`;
  if (!zone?.known) throw new DomainError("request.invalid", { details: { fields: "timeZone" } });
  const [row] = await tx.$queryRaw<{ verified: boolean }[]>`
    INSERT INTO notice_mail AS m (user_id, org_id, address, quiet_from, quiet_until, time_zone)
    VALUES (${actor.userId}::uuid, ${actor.orgId}::uuid, ${address}, ${quiet?.from ?? null}::int, ${quiet?.until ?? null}::int, ${timeZone})
    ON CONFLICT (user_id) DO UPDATE SET address = excluded.address, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
      time_zone = excluded.time_zone, updated_at = clock_timestamp(),
      verified_at = CASE WHEN m.address = excluded.address THEN m.verified_at END
    RETURNING verified_at IS NOT NULL AS verified`;
  if (row?.verified) return { codeSent: false };
  // The row of the address is locked: two windows count one after the other.
  const [sent] = await tx.$queryRaw<{ codes: number }[]>`
    SELECT count(*)::int AS codes FROM notice_delivery
    WHERE user_id = ${actor.userId}::uuid AND kind = ${mailCodeKind} AND created_at > clock_timestamp() - interval '1 hour'`;
  if ((sent?.codes ?? 0) >= codesPerHour) throw new DomainError("request.rate-limited");
  const code = String(randomInt(1_000_000)).padStart(6, "0");
  await tx.$executeRaw`UPDATE notice_mail SET code = ${code}, code_tries = 0, code_expires_at = clock_timestamp() + interval '30 minutes'
    WHERE user_id = ${actor.userId}::uuid`;
  const rows = await tx.$queryRaw<{ id: string; at: Date }[]>`
    INSERT INTO notice_delivery (org_id, channel, user_id, kind, matter)
    VALUES (${actor.orgId}::uuid, 'mail', ${actor.userId}::uuid, ${mailCodeKind}, 'mail-code:' || gen_random_uuid())
    RETURNING id::text, next_attempt_at AS at`;
  await planSending(tx, actor.orgId, rows);
  return { codeSent: true };
}

/** The caller has read the code at the address. Five tries, then a new one is needed. @returns whether it was the code. */
export async function verifyMail(
  { actor, tx }: Ctx<UserActor>,
  { code }: z.output<typeof MailCode>,
): Promise<{ verified: boolean }> {
  const [row] = await tx.$queryRaw<{ verified: boolean }[]>`
    UPDATE notice_mail SET code_tries = code_tries + 1,
      verified_at = CASE WHEN code = ${code} AND code_tries < 5 AND code_expires_at > clock_timestamp() THEN clock_timestamp() ELSE verified_at END,
      code = CASE WHEN code = ${code} AND code_tries < 5 AND code_expires_at > clock_timestamp() THEN NULL ELSE code END
    WHERE user_id = ${actor.userId}::uuid AND verified_at IS NULL RETURNING verified_at IS NOT NULL AS verified`;
  return { verified: row?.verified ?? false };
}

/** No more mails to the caller. Idempotent. */
export async function forgetMail({ actor, tx }: Ctx<UserActor>): Promise<{ forgotten: boolean }> {
  const rows =
    await tx.$executeRaw`DELETE FROM notice_mail WHERE user_id = ${actor.userId}::uuid AND org_id = ${actor.orgId}::uuid`;
  if (rows > 1) throw new DomainError("internal");
  return { forgotten: rows === 1 };
}

import { createHmac } from "node:crypto";
import { config } from "#server/config.ts";
import type { Actor } from "#server/context.ts";
import { pool, prisma } from "#server/db/clients.ts";
import { type AuditEntry, appendAs } from "#server/domain/audit/index.ts";
import { systemActor } from "#server/system-actor.ts";
import type { Account } from "./accounts.ts";

/** Appends an event in a transaction of its own, as the sign-in role. */
export async function record(actor: Actor, entry: AuditEntry): Promise<void> {
  await prisma("overread_auth").$transaction((tx) => appendAs(tx, actor, entry));
}

/**
 * Audits a refused sign-in with its source, at each account of the address. A flood leaves one entry when it meets the
 * limit, not thousands.
 *
 * An address without an account belongs to no organisation; the platform's own trail gets it, as a keyed hash, since
 * people type passwords into that field too.
 */
export async function recordRefusal(
  accounts: Account[],
  { email, address, reason }: { email: string; address: string | null; reason: string },
): Promise<void> {
  const from: Record<string, string> = address === null ? {} : { address };
  for (const { orgId, userId, deactivated } of accounts)
    await record(systemActor(orgId, "sign-in"), {
      action: "session.sign-in-refused",
      outcome: "refused",
      details: { userId, reason: deactivated ? "deactivated" : reason, ...from },
    });
  if (accounts.length > 0) return;
  const { rows } = await pool("overread_auth").query<{ id: string }>(
    "SELECT id FROM organization WHERE kind = 'platform' ORDER BY created_at LIMIT 1",
  );
  if (!rows[0]) return;
  const typed = createHmac("sha256", config().key("sign-in"))
    .update(`unknown:${email}`)
    .digest("base64url")
    .slice(0, 16);
  await record(systemActor(rows[0].id, "sign-in"), {
    action: "session.sign-in-refused",
    outcome: "refused",
    details: { unknownAccount: typed, reason, ...from },
  });
}

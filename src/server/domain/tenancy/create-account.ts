import { DomainError } from "@overread/shared/errors";
import { hasHiddenCharacters } from "@overread/shared/hidden-characters";
import { z } from "zod";
import type { Actor, Tx } from "#server/context.ts";
import { Role } from "#server/db/generated/enums.ts";
import { appendAs } from "../audit/index.ts";

const name = z.string().refine((text) => !hasHiddenCharacters(text), "holds characters that cannot be seen");

export const NewAccount = z.object({
  email: z.email().max(200).toLowerCase(),
  displayName: name.trim().min(1).max(120),
  /** PN: Family^Given^Middle^Prefix^Suffix. Derived from the display name when omitted. */
  personName: name.max(190).optional(),
  qualification: name.max(60).default(""),
  roles: z.array(z.enum(Role)).min(1),
  facilityIds: z.array(z.uuid()).default([]),
  /** Normalised names by which studies identify this physician as the referrer. */
  referrerNames: z.array(name).default([]),
});
export type NewAccount = z.input<typeof NewAccount>;

/**
 * Creates an account, with the hash of an initial password if there is one. The audit event goes to the account's
 * organisation.
 *
 * @param input.mustChange somebody else knows that password: it cannot sign until the person has changed it.
 * @throws {DomainError} `user.email-taken`: this organisation has an account with the address. Accounts of other
 * organisations are not disclosed.
 */
export async function insertAccount(
  tx: Tx,
  actor: Actor,
  orgId: string,
  input: NewAccount & { passwordHash?: string; mustChange?: boolean },
  requestId?: string,
): Promise<{ id: string }> {
  const account = NewAccount.parse(input);
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO user_account (org_id, email, display_name, person_name, qualification, roles, facility_ids, referrer_names)
    VALUES (${orgId}::uuid, ${account.email}, ${account.displayName}, ${account.personName ?? personNameFrom(account.displayName)},
      ${account.qualification}, ${account.roles}::"Role"[], ${account.facilityIds}::uuid[], ${account.referrerNames}::text[])
    ON CONFLICT (org_id, email) DO NOTHING RETURNING id::text`;
  if (!row) throw new DomainError("user.email-taken");
  if (input.passwordHash)
    await tx.$executeRaw`INSERT INTO credential (user_id, org_id, password_hash, must_change)
      VALUES (${row.id}::uuid, ${orgId}::uuid, ${input.passwordHash}, ${input.mustChange ?? false})`;
  await appendAs(
    tx,
    actor,
    { action: "user.create", orgId, details: { userId: row.id, roles: account.roles.join(" ") } },
    requestId,
  );
  return row;
}

/** `Dr Rosa Almeida` → `Almeida^Rosa^^Dr`; a guess that an administrator can correct. */
function personNameFrom(displayName: string): string {
  const words = displayName
    .replace(/[\^=\\]/g, " ")
    .trim()
    .split(/\s+/);
  const prefix = words.length > 1 && /^(dr|prof|mr|ms|mrs)\.?$/i.test(words[0]!) ? words.shift()! : "";
  const family = words.pop() ?? "";
  return `${family}^${words.join(" ")}^^${prefix}`.replace(/\^+$/, "");
}

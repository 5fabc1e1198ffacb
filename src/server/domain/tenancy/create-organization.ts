import { DomainError } from "@overread/shared/errors";
import { hasHiddenCharacters } from "@overread/shared/hidden-characters";
import type { SystemActor, Tx } from "#server/context.ts";
import type { OrganizationKind } from "#server/db/generated/enums.ts";
import { appendAs } from "../audit/index.ts";

export type NewOrganization = {
  slug: string;
  name: string;
  kind: OrganizationKind;
  timeZone?: string;
  letterhead?: string[];
};

/**
 * Refuses names with invisible characters, since names appear in letterheads, lists and the audit trail.
 *
 * @throws {DomainError} `request.invalid` with the field
 */
export function assertVisible(fields: Record<string, string | readonly string[] | undefined>): void {
  for (const [field, value] of Object.entries(fields)) {
    const texts = typeof value === "string" ? [value] : (value ?? []);
    if (
      texts.some(
        (text) => text.trim() === "" || text.length > 200 || /[\t\r\n]/.test(text) || hasHiddenCharacters(text),
      )
    )
      throw new DomainError("request.invalid", { details: { fields: field } });
  }
}

/**
 * Creates a tenant. For operators: `tx` comes from `withMaintenance`.
 *
 * @param by who the audit trail names, e.g. `cli`.
 * @throws {DomainError} `request.invalid`: a name is empty, too long, or contains invisible characters.
 */
export async function createOrganization(tx: Tx, input: NewOrganization, by: string): Promise<{ id: string }> {
  assertVisible({ slug: input.slug, name: input.name, letterhead: input.letterhead });
  const org = await tx.organization.create({
    data: {
      slug: input.slug,
      name: input.name,
      kind: input.kind,
      timeZone: input.timeZone ?? "UTC",
      letterhead: input.letterhead ?? [input.name],
    },
    select: { id: true },
  });
  const actor: SystemActor = { kind: "system", orgId: org.id, name: by };
  await appendAs(tx, actor, { action: "org.create", details: { slug: input.slug, kind: input.kind } });
  return org;
}

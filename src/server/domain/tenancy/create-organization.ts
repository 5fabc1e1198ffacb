import type { OrganizationKind } from "#server/db/generated/enums.ts";
import { appendAs } from "../audit/index.ts";
import type { SystemActor, Tx } from "../context.ts";

export type NewOrganization = {
  slug: string;
  name: string;
  kind: OrganizationKind;
  timeZone?: string;
  letterhead?: string[];
};

/**
 * Creates a tenant. An operator's act across tenants: `tx` comes from `withMaintenance`.
 *
 * @param by who the audit trail names, e.g. `cli`.
 */
export async function createOrganization(tx: Tx, input: NewOrganization, by: string): Promise<{ id: string }> {
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

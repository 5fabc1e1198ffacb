import type { SqlTx } from "#server/context.ts";

/**
 * Lets a facility's edge routers accept one more called AE title, from their next heartbeat on. For operators; the
 * caller audits it.
 *
 * @returns null where they accept it already.
 */
export async function addCalledAeTitle(
  tx: SqlTx,
  { facilitySlug, aeTitle }: { facilitySlug: string; aeTitle: string },
): Promise<{ id: string; orgId: string } | null> {
  const [facility] = await tx.$queryRaw<{ id: string; orgId: string }[]>`
    UPDATE facility SET called_ae_titles = array_append(called_ae_titles, ${aeTitle}), config_version = config_version + 1
    WHERE slug = ${facilitySlug} AND NOT ${aeTitle} = ANY (called_ae_titles) RETURNING id::text, org_id::text AS "orgId"`;
  return facility ?? null;
}

/**
 * The contract in force under which a hospital's studies are read: one of the facility goes before one of the whole organisation, the
 * one that began last before an older one, and of two that began at one moment always the same.
 *
 * @param org SQL for the hospital's id, @param facility SQL for the facility's id or null: our words, never a caller's.
 * @returns what follows `FROM contract c`: at most one row.
 */
export const contractInForce = (org: string, facility: string): string =>
  `WHERE c.org_id = ${org} AND (c.facility_id IS NULL OR c.facility_id = ${facility})
    AND c.starts_at <= now() AND (c.ends_at IS NULL OR c.ends_at > now())
  ORDER BY c.facility_id NULLS LAST, c.starts_at DESC, c.id LIMIT 1`;

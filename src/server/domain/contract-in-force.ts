/**
 * The contract under which a hospital's studies are read now: a facility's contract before one of the whole
 * organisation, a later one before an earlier one, with a fixed order between contracts that began at the same moment.
 *
 * @param org SQL for the hospital's id, @param facility SQL for the facility's id or null: constants of the code, never
 * a caller's text.
 * @returns what follows `FROM contract c`: at most one row.
 */
export const contractInForce = (org: string, facility: string): string =>
  `WHERE c.org_id = ${org} AND (c.facility_id IS NULL OR c.facility_id = ${facility})
    AND c.starts_at <= now() AND (c.ends_at IS NULL OR c.ends_at > now())
  ORDER BY c.facility_id NULLS LAST, c.starts_at DESC, c.id LIMIT 1`;

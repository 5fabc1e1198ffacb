import type { SqlCtx } from "#server/context.ts";
import type { Step } from "../assignment/index.ts";

/** The columns of a case that say whom its steps wake. */
export type WokenFor = {
  orgId: string;
  readerOrgId: string;
  facilityId: string | null;
  /** Whoever holds it; null: nobody. */
  readerId: string | null;
};

/**
 * The people a step wakes: who has the case; the group's radiologists; its worklist managers; technologists and site administrators of the
 * facility. Only people of the transaction's own organisation are seen, so the site is woken in the hospital's.
 */
export async function peopleOf(
  { tx }: Pick<SqlCtx, "tx">,
  to: Step["to"],
  { orgId, readerOrgId, facilityId, readerId }: WokenFor,
): Promise<string[]> {
  if (to === "reader") return readerId ? [readerId] : [];
  const group = { pool: ["radiologist"], lead: ["worklist_manager"], site: ["technologist", "site_admin"] }[to];
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM user_account
    WHERE org_id = ${to === "site" ? orgId : readerOrgId}::uuid AND deactivated_at IS NULL AND roles::text[] && ${group}::text[]
      AND (${to !== "site"}::boolean OR facility_ids = '{}' OR ${facilityId}::uuid = ANY(facility_ids))
    ORDER BY id`;
  return rows.map(({ id }) => id);
}

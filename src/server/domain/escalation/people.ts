import type { SqlCtx } from "#server/context.ts";
import type { Step, WhoMay } from "../assignment/index.ts";

/** The columns of a case that say whom its steps wake. */
export type WokenFor = {
  orgId: string;
  readerOrgId: string;
  facilityId: string | null;
  /** Whoever reads it, keeps it to read it next, or was given or offered it; null: nobody. */
  readerId: string | null;
};

/** Whom a step of the pool reached: readers who are there; nobody is, so all who may read the case; nobody may, so the lead. */
export type Reach = "there" | "all" | "lead";
type Woken = {
  userIds: string[];
  /** Of a step that wakes the pool; null of all others. */
  reach: Reach | null;
};

/**
 * The people a step wakes: who has the case; the readers who may read it, those who are there before the others, and the lead where nobody may;
 * the group's worklist managers; technologists and site administrators of the facility. Only people of the transaction's own organisation are
 * seen, so the site is woken in the hospital's.
 *
 * @param whoMay of the case; needed by steps that wake the pool. Undefined: it is not open any more.
 */
export async function peopleOf(
  { tx }: Pick<SqlCtx, "tx">,
  to: Step["to"],
  { orgId, readerOrgId, facilityId, readerId }: WokenFor,
  whoMay: WhoMay | undefined,
): Promise<Woken> {
  if (to === "reader") return { userIds: readerId ? [readerId] : [], reach: null };
  if (to === "pool") {
    if (whoMay && whoMay.there.length > 0) return { userIds: whoMay.there, reach: "there" };
    if (whoMay && whoMay.all.length > 0) return { userIds: whoMay.all, reach: "all" };
  }
  const group = to === "site" ? ["technologist", "site_admin"] : ["worklist_manager"];
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM user_account
    WHERE org_id = ${to === "site" ? orgId : readerOrgId}::uuid AND deactivated_at IS NULL AND roles::text[] && ${group}::text[]
      AND (${to !== "site"}::boolean OR facility_ids = '{}' OR ${facilityId}::uuid = ANY(facility_ids))
    ORDER BY id`;
  return { userIds: rows.map(({ id }) => id), reach: to === "pool" ? "lead" : null };
}

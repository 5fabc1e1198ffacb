import type { SqlCtx } from "#server/context.ts";
import type { CasePriority } from "#server/db/generated/enums.ts";

export type ContractTerms = {
  readerOrgId: string;
  statMinutes: number;
  urgentMinutes: number;
  routineMinutes: number;
  claimMinutes: number;
};

/**
 * The contract in force under which a hospital's studies are read; one of the facility goes before one of the whole
 * organisation. Null: nobody reads for it.
 */
export async function contractTerms(
  { tx }: Pick<SqlCtx, "tx">,
  { orgId, facilityId }: { orgId: string; facilityId: string | null },
): Promise<ContractTerms | null> {
  const [terms] = await tx.$queryRaw<ContractTerms[]>`
    SELECT reader_org_id AS "readerOrgId", stat_minutes AS "statMinutes", urgent_minutes AS "urgentMinutes",
      routine_minutes AS "routineMinutes", claim_minutes AS "claimMinutes"
    FROM contract
    WHERE org_id = ${orgId}::uuid AND (facility_id IS NULL OR facility_id = ${facilityId}::uuid)
      AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())
    ORDER BY facility_id NULLS LAST, starts_at DESC, id LIMIT 1`;
  return terms ?? null;
}

/** Minutes the group has for a study of this class. */
export function minutesToRead(terms: ContractTerms, priority: CasePriority): number {
  return { stat: terms.statMinutes, urgent: terms.urgentMinutes, routine: terms.routineMinutes }[priority];
}

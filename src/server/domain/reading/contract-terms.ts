import type { SqlCtx } from "#server/context.ts";
import type { CasePriority } from "#server/db/generated/enums.ts";
import { contractInForce } from "../contract-in-force.ts";

export type ContractTerms = {
  readerOrgId: string;
  statMinutes: number;
  urgentMinutes: number;
  routineMinutes: number;
  claimMinutes: number;
};

const termsInForce = `SELECT c.reader_org_id AS "readerOrgId", c.stat_minutes AS "statMinutes", c.urgent_minutes AS "urgentMinutes",
    c.routine_minutes AS "routineMinutes", c.claim_minutes AS "claimMinutes"
  FROM contract c ${contractInForce("$1::uuid", "$2::uuid")}`;

/** The terms under which a hospital's studies are read. Null: no contract. */
export async function contractTerms(
  { tx }: Pick<SqlCtx, "tx">,
  { orgId, facilityId }: { orgId: string; facilityId: string | null },
): Promise<ContractTerms | null> {
  const [terms] = await tx.$queryRawUnsafe<ContractTerms[]>(termsInForce, orgId, facilityId);
  return terms ?? null;
}

/** Minutes the group has for a study of this class. */
export function minutesToRead(terms: ContractTerms, priority: CasePriority): number {
  return { stat: terms.statMinutes, urgent: terms.urgentMinutes, routine: terms.routineMinutes }[priority];
}

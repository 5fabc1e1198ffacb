import type { SqlCtx } from "#server/context.ts";
import { contractInForce } from "../contract-in-force.ts";

export type ContractTerms = {
  contractId: string;
  readerOrgId: string;
  claimMinutes: number;
};

const termsInForce = `SELECT c.id AS "contractId", c.reader_org_id AS "readerOrgId", c.claim_minutes AS "claimMinutes"
  FROM contract c ${contractInForce("$1::uuid", "$2::uuid")}`;

/** The terms under which a hospital's studies are read. Null: no contract. */
export async function contractTerms(
  { tx }: Pick<SqlCtx, "tx">,
  { orgId, facilityId }: { orgId: string; facilityId: string | null },
): Promise<ContractTerms | null> {
  const [terms] = await tx.$queryRawUnsafe<ContractTerms[]>(termsInForce, orgId, facilityId);
  return terms ?? null;
}

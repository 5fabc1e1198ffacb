import type { Tx } from "#server/context.ts";
import { appendAs } from "../audit/index.ts";
import { writeFirstVersion } from "../service-level/index.ts";

export type NewContract = {
  orgId: string;
  readerOrgId: string;
  /** Null: all facilities of the hospital. */
  facilityId?: string | null;
};

/** Lets a reading group read for a hospital, in the house's usual times. For operators: `tx` comes from `withMaintenance`. */
export async function createContract(tx: Tx, input: NewContract, by: string): Promise<{ id: string }> {
  const contract = await tx.contract.create({ data: input, select: { id: true, startsAt: true } });
  const { orgId, readerOrgId } = input;
  await writeFirstVersion(tx, { contractId: contract.id, orgId, readerOrgId, validFrom: contract.startsAt });
  await appendAs(
    tx,
    { kind: "system", orgId: input.orgId, name: by },
    {
      action: "facility.update",
      details: { contractId: contract.id, readerOrgId: input.readerOrgId, created: true },
    },
  );
  return contract;
}

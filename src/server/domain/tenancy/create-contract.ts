import type { Tx } from "#server/context.ts";
import { appendAs } from "../audit/index.ts";

export type NewContract = {
  orgId: string;
  readerOrgId: string;
  /** Null: all facilities of the hospital. */
  facilityId?: string | null;
  statMinutes?: number;
  urgentMinutes?: number;
  routineMinutes?: number;
};

/** Lets a reading group read for a hospital. For operators: `tx` comes from `withMaintenance`. */
export async function createContract(tx: Tx, input: NewContract, by: string): Promise<{ id: string }> {
  const contract = await tx.contract.create({ data: input, select: { id: true } });
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

import type { Tx } from "#server/context.ts";
import { usualMinutes } from "./usual-minutes.ts";

/** A new contract promises the usual times, until its hospital says something else. */
export async function writeFirstVersion(
  tx: Tx,
  contract: { contractId: string; orgId: string; readerOrgId: string; validFrom: Date },
): Promise<void> {
  await tx.serviceLevel.create({
    data: { ...contract, holidays: [], lines: [], otherwise: usualMinutes },
    select: { id: true },
  });
}

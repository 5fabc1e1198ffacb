import type { SqlCtx } from "#server/context.ts";
import type { ServiceLevel } from "../assignment/engine/index.ts";

/** A version as its row has it; `validUntil` is the beginning of the next one of its contract. */
type ServiceLevelVersion = ServiceLevel & {
  firstReading: "final" | "preliminary" | "double";
  reportLanguage: string;
  createdBy: string | null;
  createdAt: Date;
};

/**
 * The versions of these contracts, by contract the oldest first. Of two that begin at the same moment the later written one replaces the
 * other, which is left out. Asks no policy; the database shows them to both sides of the contract.
 */
export async function serviceLevelsOf(
  { tx }: Pick<SqlCtx, "tx">,
  by: { contractIds: string[] } | { serviceLevelIds: string[] },
): Promise<ServiceLevelVersion[]> {
  const contracts = "contractIds" in by ? by.contractIds : [];
  const ids = "serviceLevelIds" in by ? by.serviceLevelIds : [];
  type Row = Omit<ServiceLevelVersion, "validFrom" | "validUntil"> & { validFrom: Date; validUntil: Date | null };
  const rows = await tx.$queryRaw<Row[]>`
    SELECT v.id, v.contract_id AS "contractId", v.valid_from AS "validFrom", v.holidays, v.lines, v.otherwise,
      v.first_reading AS "firstReading", v.report_language AS "reportLanguage",
      staff_name(v.created_by_id) AS "createdBy", v.created_at AS "createdAt",
      (SELECT min(n.valid_from) FROM service_level n WHERE n.contract_id = v.contract_id AND n.valid_from > v.valid_from) AS "validUntil"
    FROM service_level v
    WHERE (v.contract_id = ANY(${contracts}::uuid[]) OR v.id = ANY(${ids}::uuid[]))
      AND NOT EXISTS (SELECT 1 FROM service_level n WHERE n.contract_id = v.contract_id AND n.valid_from = v.valid_from AND n.id > v.id
        AND v.contract_id = ANY(${contracts}::uuid[]))
    ORDER BY v.contract_id, v.valid_from, v.id`;
  return rows.map(({ validFrom, validUntil, ...row }) => ({
    ...row,
    validFrom: validFrom.getTime(),
    validUntil: validUntil?.getTime() ?? null,
  }));
}

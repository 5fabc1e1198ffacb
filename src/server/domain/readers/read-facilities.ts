import type { SqlTx } from "#server/context.ts";

export type ReadFacility = {
  id: string;
  name: string;
  hospitalId: string;
  hospitalName: string;
  /** Whose licence reading for it takes; empty: no licence rule. */
  jurisdiction: string;
  timeZone: string;
  hospitalTimeZone: string;
};

/** The facilities that a group reads for by any contract, also one that has ended. */
export function readFacilities(tx: SqlTx, readerOrgId: string): Promise<ReadFacility[]> {
  return tx.$queryRaw<ReadFacility[]>`
    SELECT f.id, f.name, f.org_id AS "hospitalId", o.name AS "hospitalName", f.jurisdiction, f.time_zone AS "timeZone",
      o.time_zone AS "hospitalTimeZone"
    FROM facility f JOIN organization o ON o.id = f.org_id
    WHERE EXISTS (SELECT 1 FROM contract c WHERE c.org_id = f.org_id AND c.reader_org_id = ${readerOrgId}::uuid
      AND (c.facility_id IS NULL OR c.facility_id = f.id)) ORDER BY o.name, f.name, f.id`;
}

import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { onlyOf } from "./select-discrepancies.ts";

export type FoundDiscrepancy = {
  overReadId: string;
  orgId: string;
  readerOrgId: string;
  caseId: string;
  firstReaderId: string;
};

/**
 * An over-read that differs and that the caller may see.
 *
 * @throws {DomainError} `report.not-found`, for a colleague's too
 */
export async function findDiscrepancy({ actor, tx }: Ctx<UserActor>, overReadId: string): Promise<FoundDiscrepancy> {
  const only = onlyOf(actor);
  const [row] = await tx.$queryRaw<FoundDiscrepancy[]>`
    SELECT o.id::text AS "overReadId", o.org_id::text AS "orgId", o.reader_org_id::text AS "readerOrgId", o.case_id::text AS "caseId",
      v.signed_by_id::text AS "firstReaderId"
    FROM over_read o JOIN report_version v ON v.id = o.preliminary_version_id
    WHERE o.id = ${overReadId}::uuid AND o.reader_org_id = ${actor.orgId}::uuid AND o.score > 1
      AND (${only}::uuid IS NULL OR ${only}::uuid IN (v.signed_by_id, o.by_id))`;
  if (!row) throw new DomainError("report.not-found");
  return row;
}

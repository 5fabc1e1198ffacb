import { DomainError } from "@overread/shared/errors";
import type { SqlCtx } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { casePolicy } from "./policy.ts";
import { expireLapsedClaim } from "./release-claim.ts";
import { expireReservation } from "./reserve-cases.ts";

/**
 * The job scheduled with every claim and reservation: when it has expired, the case goes back to the list; when it was
 * renewed, the job is scheduled again for the new end of the lease.
 *
 * @throws {DomainError} `case.not-found`
 */
export async function expireClaim(ctx: SqlCtx, { caseId }: { caseId: string }): Promise<void> {
  const [row] = await ctx.tx.$queryRaw<{ orgId: string; readerOrgId: string }[]>`
    SELECT org_id AS "orgId", reader_org_id AS "readerOrgId" FROM reading_case WHERE id = ${caseId}::uuid`;
  if (!row) throw new DomainError("case.not-found");
  casePolicy.authorize(ctx.actor, "case.expire", row);
  const ends = [await expireLapsedClaim(ctx, caseId), await expireReservation(ctx, caseId)];
  const again = ends.filter((end) => end !== null).toSorted((a, b) => a.getTime() - b.getTime())[0];
  if (again) await enqueue(ctx.tx, "claim.expire", { orgId: row.orgId, caseId }, again);
}

import { DomainError } from "@overread/shared/errors";
import type { Ctx } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { casePolicy } from "./policy.ts";
import { expireLapsedClaim } from "./release-claim.ts";

/**
 * The job behind every claim: when the reader has vanished, the case goes back to the list; when the claim was
 * renewed, the job asks to run again at the new end of the lease.
 *
 * @throws {DomainError} `case.not-found`
 */
export async function expireClaim(ctx: Ctx, { caseId }: { caseId: string }): Promise<void> {
  const row = await ctx.tx.readingCase.findUnique({
    where: { id: caseId },
    select: { orgId: true, readerOrgId: true },
  });
  if (!row) throw new DomainError("case.not-found");
  casePolicy.authorize(ctx.actor, "case.expire", row);
  const again = await expireLapsedClaim(ctx, caseId);
  if (again) await enqueue(ctx.tx, "claim.expire", { orgId: row.orgId, caseId }, again);
}

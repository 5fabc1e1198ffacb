import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../../audit/index.ts";
import { discrepancyPolicy } from "../policy.ts";
import { findDiscrepancy } from "./find-discrepancy.ts";
import type { CloseDiscrepancy } from "./inputs.ts";

/**
 * The lead notes what was done about a discrepancy, and whether and when the hospital was told. What is noted stays; something further is a
 * further note.
 *
 * @throws {DomainError} `report.not-found`, `auth.forbidden`
 */
export async function closeDiscrepancy(
  ctx: Ctx<UserActor>,
  { overReadId, note, siteToldAt }: CloseDiscrepancy,
): Promise<{ closed: true }> {
  const { actor, tx } = ctx;
  discrepancyPolicy.authorize(actor, "discrepancy.close", null);
  const { orgId, readerOrgId, caseId } = await findDiscrepancy(ctx, overReadId);
  await tx.overReadClosure.create({
    data: {
      overReadId,
      orgId,
      readerOrgId,
      note,
      siteToldAt: siteToldAt ? new Date(siteToldAt) : null,
      byId: actor.userId,
    },
    select: { id: true },
  });
  await audit(ctx, {
    action: "discrepancy.close",
    caseId,
    details: { overReadId, siteTold: siteToldAt !== null },
  });
  return { closed: true };
}

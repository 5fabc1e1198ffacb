import { withTenant } from "#server/db/with-tenant.ts";
import { deliverEarlierReports } from "#server/domain/reporting/index.ts";
import type { JobContext } from "../handler.ts";

/**
 * A facility got a PACS: delivers its earlier reports page by page. If interrupted, it starts over and adds only what
 * is missing.
 */
export async function deliverEarlier(
  { actor, requestId, signal }: Pick<JobContext, "actor" | "requestId" | "signal">,
  { facilityId }: { facilityId: string },
): Promise<void> {
  let after: string | null = null;
  do {
    const page: { after: string | null } = await withTenant(
      actor,
      (ctx) => deliverEarlierReports(ctx, { facilityId, after }),
      { requestId },
    );
    after = page.after;
  } while (after && !signal.aborted);
}

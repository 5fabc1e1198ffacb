import { acknowledge } from "#server/domain/escalation/index.ts";
import { listNotices, OfNotice } from "#server/domain/notices/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** What the caller is told. Everybody has an inbox of their own, and nobody sees another's. */
export const noticeRouter = router({
  list: tenantProcedure.query(({ ctx }) => listNotices(ctx)),
  acknowledge: tenantProcedure.input(OfNotice).mutation(({ ctx, input }) => acknowledge(ctx, input)),
});

import { SearchAudit, searchAudit } from "#server/domain/audit/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

export const auditRouter = router({
  search: tenantProcedure.input(SearchAudit.prefault({})).query(({ ctx, input }) => searchAudit(ctx, input)),
});

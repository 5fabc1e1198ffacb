import { SearchAudit, searchAudit } from "#server/domain/audit/index.ts";
import { optionalInput, router, tenantProcedure } from "../procedure.ts";

export const auditRouter = router({
  search: tenantProcedure.input(optionalInput(SearchAudit)).query(({ ctx, input }) => searchAudit(ctx, input)),
});

import { SearchAudit, searchAudit } from "#server/domain/audit/index.ts";
import { auditedProcedure, optionalInput, router } from "../procedure.ts";

export const auditRouter = router({
  search: auditedProcedure.input(optionalInput(SearchAudit)).query(({ ctx, input }) => searchAudit(ctx, input)),
});

import { AcceptPrior, acceptPrior, OfCase, openStudy } from "#server/domain/reading/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

export const studyRouter = router({
  acceptPrior: tenantProcedure.input(AcceptPrior).mutation(({ ctx, input }) => acceptPrior(ctx, input)),
  open: tenantProcedure.input(OfCase).query(({ ctx, input }) => openStudy(ctx, input)),
});

import { OfCase, openStudy } from "#server/domain/reading/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

export const studyRouter = router({
  open: tenantProcedure.input(OfCase).query(({ ctx, input }) => openStudy(ctx, input)),
});

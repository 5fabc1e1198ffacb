import { completeCheck, OfCase, openCheck, SaveHistory, saveHistory, undoCheck } from "#server/domain/reading/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** The technologist's look at a study before it is read. */
export const techCheckRouter = router({
  open: tenantProcedure.input(OfCase).query(({ ctx, input }) => openCheck(ctx, input)),
  complete: tenantProcedure.input(OfCase).mutation(({ ctx, input }) => completeCheck(ctx, input)),
  undo: tenantProcedure.input(OfCase).mutation(({ ctx, input }) => undoCheck(ctx, input)),
  saveHistory: tenantProcedure
    .meta({ cleansText: true })
    .input(SaveHistory)
    .mutation(({ ctx, input }) => saveHistory(ctx, input)),
});

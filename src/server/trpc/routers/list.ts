import {
  countLists,
  listLists,
  OfList,
  removeList,
  restoreList,
  SaveList,
  saveList,
  WatchList,
  watchList,
} from "#server/domain/worklists/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** The lists of cases that people keep. */
export const listRouter = router({
  all: tenantProcedure.query(({ ctx }) => listLists(ctx)),
  counts: tenantProcedure.query(({ ctx }) => countLists(ctx)),
  save: tenantProcedure
    .meta({ cleansText: true })
    .input(SaveList)
    .mutation(({ ctx, input }) => saveList(ctx, input)),
  remove: tenantProcedure.input(OfList).mutation(({ ctx, input }) => removeList(ctx, input)),
  restore: tenantProcedure.input(OfList).mutation(({ ctx, input }) => restoreList(ctx, input)),
  watch: tenantProcedure.input(WatchList).mutation(({ ctx, input }) => watchList(ctx, input)),
});

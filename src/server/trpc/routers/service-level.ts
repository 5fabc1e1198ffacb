import {
  listServiceLevels,
  SavePriorTerms,
  SaveServiceLevel,
  savePriorTerms,
  saveServiceLevel,
  TryServiceLevel,
  tryServiceLevel,
} from "#server/domain/service-level/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** What contracts promise, in versions. */
export const serviceLevelRouter = router({
  list: tenantProcedure.query(({ ctx }) => listServiceLevels(ctx)),
  save: tenantProcedure.input(SaveServiceLevel).mutation(({ ctx, input }) => saveServiceLevel(ctx, input)),
  /** Whether priors are lent and borrowed under a contract. */
  savePriorTerms: tenantProcedure.input(SavePriorTerms).mutation(({ ctx, input }) => savePriorTerms(ctx, input)),
  /** No query, though it changes nothing: a document does not fit into an address. */
  try: tenantProcedure.input(TryServiceLevel).mutation(({ ctx, input }) => tryServiceLevel(ctx, input)),
});

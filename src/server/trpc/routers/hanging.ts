import {
  listProtocols,
  OfProtocol,
  removeProtocol,
  restoreProtocol,
  SaveProtocol,
  saveProtocol,
} from "#server/domain/hanging/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** The hanging protocols that readers keep. */
export const hangingRouter = router({
  list: tenantProcedure.query(({ ctx }) => listProtocols(ctx)),
  save: tenantProcedure
    .meta({ cleansText: true })
    .input(SaveProtocol)
    .mutation(({ ctx, input }) => saveProtocol(ctx, input)),
  remove: tenantProcedure.input(OfProtocol).mutation(({ ctx, input }) => removeProtocol(ctx, input)),
  restore: tenantProcedure.input(OfProtocol).mutation(({ ctx, input }) => restoreProtocol(ctx, input)),
});

import {
  exportProfile,
  ImportDicomProtocol,
  ImportProfile,
  importDicomProtocol,
  importProfile,
  listProtocols,
  OfProtocol,
  OrderProtocols,
  orderProtocols,
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
  order: tenantProcedure.input(OrderProtocols).mutation(({ ctx, input }) => orderProtocols(ctx, input)),
  exportProfile: tenantProcedure.query(({ ctx }) => exportProfile(ctx)),
  importProfile: tenantProcedure.input(ImportProfile).mutation(({ ctx, input }) => importProfile(ctx, input)),
  importDicom: tenantProcedure.input(ImportDicomProtocol).mutation(({ ctx, input }) => importDicomProtocol(ctx, input)),
  remove: tenantProcedure.input(OfProtocol).mutation(({ ctx, input }) => removeProtocol(ctx, input)),
  restore: tenantProcedure.input(OfProtocol).mutation(({ ctx, input }) => restoreProtocol(ctx, input)),
});

import { ClearIdentity, clearIdentity, listIdentityTasks } from "#server/domain/imaging/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** Studies under one patient ID that name different people, for the hospital's staff to resolve. */
export const identityRouter = router({
  list: tenantProcedure.query(({ ctx }) => listIdentityTasks(ctx)),
  clear: tenantProcedure.input(ClearIdentity).mutation(({ ctx, input }) => clearIdentity(ctx, input)),
});

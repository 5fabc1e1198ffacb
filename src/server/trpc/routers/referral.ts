import { GetReferral, getReferral, ListReferrals, listReferrals } from "#server/domain/reporting/index.ts";
import { optionalInput, router, tenantProcedure } from "../procedure.ts";

export const referralRouter = router({
  list: tenantProcedure.input(optionalInput(ListReferrals)).query(({ ctx, input }) => listReferrals(ctx, input)),
  get: tenantProcedure.input(GetReferral).query(({ ctx, input }) => getReferral(ctx, input)),
});

import {
  CancelCase,
  cancelCase,
  claimCase,
  getCase,
  HoldCase,
  holdCase,
  ListCases,
  listCases,
  nextCase,
  OfCase,
  OfClaim,
  ReleaseClaim,
  reinstateCase,
  releaseClaim,
  renewClaim,
  resumeCase,
} from "#server/domain/reading/index.ts";
import { optionalInput, router, tenantProcedure } from "../procedure.ts";

export const worklistRouter = router({
  list: tenantProcedure.input(optionalInput(ListCases)).query(({ ctx, input }) => listCases(ctx, input)),
  get: tenantProcedure.input(OfCase).query(({ ctx, input }) => getCase(ctx, input)),
  next: tenantProcedure.query(({ ctx }) => nextCase(ctx)),
  claim: tenantProcedure.input(OfCase).mutation(({ ctx, input }) => claimCase(ctx, input)),
  renew: tenantProcedure.input(OfClaim).mutation(({ ctx, input }) => renewClaim(ctx, input)),
  release: tenantProcedure.input(ReleaseClaim).mutation(({ ctx, input }) => releaseClaim(ctx, input)),
  hold: tenantProcedure.input(HoldCase).mutation(({ ctx, input }) => holdCase(ctx, input)),
  resume: tenantProcedure.input(OfCase).mutation(({ ctx, input }) => resumeCase(ctx, input)),
  cancel: tenantProcedure.input(CancelCase).mutation(({ ctx, input }) => cancelCase(ctx, input)),
  reinstate: tenantProcedure.input(OfCase).mutation(({ ctx, input }) => reinstateCase(ctx, input)),
});

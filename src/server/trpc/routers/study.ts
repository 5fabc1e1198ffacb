import {
  AcceptPrior,
  acceptPrior,
  OfCase,
  openStudy,
  SeeLateImages,
  seeLateImages,
} from "#server/domain/reading/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

export const studyRouter = router({
  acceptPrior: tenantProcedure.input(AcceptPrior).mutation(({ ctx, input }) => acceptPrior(ctx, input)),
  seeLateImages: tenantProcedure.input(SeeLateImages).mutation(({ ctx, input }) => seeLateImages(ctx, input)),
  open: tenantProcedure.input(OfCase).query(({ ctx, input }) => openStudy(ctx, input)),
});

import { listFacilities, UpdateFacility, updateFacility } from "#server/domain/tenancy/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** The facilities of an organisation and their settings. */
export const facilityRouter = router({
  list: tenantProcedure.query(({ ctx }) => listFacilities(ctx)),
  update: tenantProcedure.input(UpdateFacility).mutation(({ ctx, input }) => updateFacility(ctx, input)),
});

import { ListDamaged, listDamaged } from "#server/domain/imaging/index.ts";
import { optionalInput, router, tenantProcedure } from "../procedure.ts";

/** Images whose stored bytes are missing or damaged, for those who can have them sent again. */
export const damageRouter = router({
  list: tenantProcedure.input(optionalInput(ListDamaged)).query(({ ctx, input }) => listDamaged(ctx, input)),
});

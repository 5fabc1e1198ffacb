import {
  ListQuarantined,
  listQuarantined,
  ResolveQuarantined,
  resolveQuarantined,
} from "#server/domain/imaging/index.ts";
import { optionalInput, router, tenantProcedure } from "../procedure.ts";

/** Images that arrived again under a known UID with other content, for those who decide which one counts. */
export const quarantineRouter = router({
  list: tenantProcedure.input(optionalInput(ListQuarantined)).query(({ ctx, input }) => listQuarantined(ctx, input)),
  resolve: tenantProcedure.input(ResolveQuarantined).mutation(({ ctx, input }) => resolveQuarantined(ctx, input)),
});

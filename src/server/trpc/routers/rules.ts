import {
  listRules,
  RestoreRules,
  RulesVersion,
  readRules,
  restoreRules,
  SaveRules,
  saveRules,
} from "#server/domain/assignment/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** The rules by which a reading group gives out its cases. */
export const rulesRouter = router({
  list: tenantProcedure.query(({ ctx }) => listRules(ctx)),
  read: tenantProcedure.input(RulesVersion).query(({ ctx, input }) => readRules(ctx, input)),
  save: tenantProcedure
    .meta({ cleansText: true })
    .input(SaveRules)
    .mutation(({ ctx, input }) => saveRules(ctx, input)),
  restore: tenantProcedure
    .meta({ cleansText: true })
    .input(RestoreRules)
    .mutation(({ ctx, input }) => restoreRules(ctx, input)),
});

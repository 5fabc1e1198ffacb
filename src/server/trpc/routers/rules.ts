import {
  CheckRules,
  checkRules,
  listRules,
  playRehearsal,
  RehearseRules,
  RestoreRules,
  RulesVersion,
  readRules,
  readyToRehearse,
  restoreRules,
  SaveRules,
  saveRules,
} from "#server/domain/assignment/index.ts";
import { personProcedure, readFirst, router, tenantProcedure } from "../procedure.ts";

/** The rules by which a reading group gives out its cases. */
export const rulesRouter = router({
  list: tenantProcedure.query(({ ctx }) => listRules(ctx)),
  read: tenantProcedure.input(RulesVersion).query(({ ctx, input }) => readRules(ctx, input)),
  // By POST: a list of rules is too long for an address.
  check: tenantProcedure
    .meta({ cleansText: true })
    .input(CheckRules)
    .mutation(({ ctx, input }) => checkRules(ctx, input)),
  // Changes nothing. A play takes seconds, and holds no connection meanwhile.
  rehearse: personProcedure
    .meta({ cleansText: true })
    .input(RehearseRules)
    .mutation(async ({ ctx, input, path }) =>
      playRehearsal(await readFirst(ctx, path, (tenant) => readyToRehearse(tenant, input))),
    ),
  save: tenantProcedure
    .meta({ cleansText: true })
    .input(SaveRules)
    .mutation(({ ctx, input }) => saveRules(ctx, input)),
  restore: tenantProcedure
    .meta({ cleansText: true })
    .input(RestoreRules)
    .mutation(({ ctx, input }) => restoreRules(ctx, input)),
});

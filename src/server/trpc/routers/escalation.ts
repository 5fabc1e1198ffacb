import { AlarmsOf, alarmsOfCase, readLadder, SaveLadder, saveLadder } from "#server/domain/escalation/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** Whom a reading group wakes while the time of a case runs, and the alarms that were given. */
export const escalationRouter = router({
  ofCase: tenantProcedure.input(AlarmsOf).query(({ ctx, input }) => alarmsOfCase(ctx, input)),
  ladder: tenantProcedure.query(({ ctx }) => readLadder(ctx)),
  saveLadder: tenantProcedure.input(SaveLadder).mutation(({ ctx, input }) => saveLadder(ctx, input)),
});

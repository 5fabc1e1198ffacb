import {
  AlarmsOf,
  alarmsOfCase,
  readLadder,
  SaveLadder,
  SentOf,
  saveLadder,
  sentSteps,
  TryLadder,
  tryLadder,
} from "#server/domain/escalation/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

/** Whom a reading group wakes while the time of a case runs, and the alarms that were given. */
export const escalationRouter = router({
  ofCase: tenantProcedure.input(AlarmsOf).query(({ ctx, input }) => alarmsOfCase(ctx, input)),
  ladder: tenantProcedure.query(({ ctx }) => readLadder(ctx)),
  tryLadder: tenantProcedure.input(TryLadder).query(({ ctx, input }) => tryLadder(ctx, input)),
  sent: tenantProcedure.input(SentOf).query(({ ctx, input }) => sentSteps(ctx, input)),
  saveLadder: tenantProcedure.input(SaveLadder).mutation(({ ctx, input }) => saveLadder(ctx, input)),
});

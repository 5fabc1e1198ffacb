import {
  AssignCase,
  acceptOffer,
  assignCase,
  colleaguesFor,
  DeclineCase,
  declineCase,
  drawCase,
  HandOverCase,
  handOverCase,
  myHand,
  OfGivenCase,
  TraceCase,
  takeBackCase,
  traceCase,
  UnassignCase,
  unassignCase,
  whyMe,
} from "#server/domain/assignment/index.ts";
import { router, tenantProcedure } from "../procedure.ts";

export const assignmentRouter = router({
  mine: tenantProcedure.query(({ ctx }) => myHand(ctx)),
  draw: tenantProcedure.mutation(({ ctx }) => drawCase(ctx)),
  accept: tenantProcedure.input(OfGivenCase).mutation(({ ctx, input }) => acceptOffer(ctx, input)),
  decline: tenantProcedure
    .meta({ cleansText: true })
    .input(DeclineCase)
    .mutation(({ ctx, input }) => declineCase(ctx, input)),
  colleagues: tenantProcedure.input(TraceCase).query(({ ctx, input }) => colleaguesFor(ctx, input)),
  handOver: tenantProcedure
    .meta({ cleansText: true })
    .input(HandOverCase)
    .mutation(({ ctx, input }) => handOverCase(ctx, input)),
  takeBack: tenantProcedure.input(OfGivenCase).mutation(({ ctx, input }) => takeBackCase(ctx, input)),
  assign: tenantProcedure.input(AssignCase).mutation(({ ctx, input }) => assignCase(ctx, input)),
  unassign: tenantProcedure.input(UnassignCase).mutation(({ ctx, input }) => unassignCase(ctx, input)),
  traceOf: tenantProcedure.input(TraceCase).query(({ ctx, input }) => traceCase(ctx, input)),
  whyMe: tenantProcedure.input(TraceCase).query(({ ctx, input }) => whyMe(ctx, input)),
});

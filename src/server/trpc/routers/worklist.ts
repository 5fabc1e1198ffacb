import { claimByRules, reserveByRules } from "#server/domain/assignment/index.ts";
import {
  AnswerQuestion,
  AskSite,
  answerQuestion,
  askSite,
  CancelCase,
  cancelCase,
  DecidePriority,
  decidePriority,
  getCase,
  HoldCase,
  holdCase,
  keepReserved,
  ListCases,
  leaveReserved,
  listCases,
  listMoreCases,
  nextCase,
  OfCase,
  OfClaim,
  ReadIncomplete,
  ReleaseClaim,
  ReserveCases,
  readIncomplete,
  reinstateCase,
  releaseClaim,
  renewClaim,
  reservedCases,
  resumeCase,
  SkipCase,
  skipCase,
  UndoPriority,
  Unreserve,
  undoPriority,
  unreserveCases,
} from "#server/domain/reading/index.ts";
import { optionalInput, router, tenantProcedure } from "../procedure.ts";

export const worklistRouter = router({
  list: tenantProcedure.input(optionalInput(ListCases)).query(({ ctx, input }) => listCases(ctx, input)),
  more: tenantProcedure.input(ListCases).query(({ ctx, input }) => listMoreCases(ctx, input)),
  get: tenantProcedure.input(OfCase).query(({ ctx, input }) => getCase(ctx, input)),
  next: tenantProcedure.query(({ ctx }) => nextCase(ctx)),
  claim: tenantProcedure.input(OfCase).mutation(({ ctx, input }) => claimByRules(ctx, input)),
  renew: tenantProcedure.input(OfClaim).mutation(({ ctx, input }) => renewClaim(ctx, input)),
  release: tenantProcedure.input(ReleaseClaim).mutation(({ ctx, input }) => releaseClaim(ctx, input)),
  reserve: tenantProcedure.input(optionalInput(ReserveCases)).mutation(({ ctx, input }) => reserveByRules(ctx, input)),
  reserved: tenantProcedure.query(({ ctx }) => reservedCases(ctx)),
  keepReserved: tenantProcedure.mutation(({ ctx }) => keepReserved(ctx)),
  leaveReserved: tenantProcedure.mutation(({ ctx }) => leaveReserved(ctx)),
  unreserve: tenantProcedure.input(optionalInput(Unreserve)).mutation(({ ctx, input }) => unreserveCases(ctx, input)),
  skip: tenantProcedure.input(SkipCase).mutation(({ ctx, input }) => skipCase(ctx, input)),
  readIncomplete: tenantProcedure.input(ReadIncomplete).mutation(({ ctx, input }) => readIncomplete(ctx, input)),
  ask: tenantProcedure
    .meta({ cleansText: true })
    .input(AskSite)
    .mutation(({ ctx, input }) => askSite(ctx, input)),
  answer: tenantProcedure
    .meta({ cleansText: true })
    .input(AnswerQuestion)
    .mutation(({ ctx, input }) => answerQuestion(ctx, input)),
  decidePriority: tenantProcedure.input(DecidePriority).mutation(({ ctx, input }) => decidePriority(ctx, input)),
  undoPriority: tenantProcedure.input(UndoPriority).mutation(({ ctx, input }) => undoPriority(ctx, input)),
  hold: tenantProcedure.input(HoldCase).mutation(({ ctx, input }) => holdCase(ctx, input)),
  resume: tenantProcedure.input(OfCase).mutation(({ ctx, input }) => resumeCase(ctx, input)),
  cancel: tenantProcedure.input(CancelCase).mutation(({ ctx, input }) => cancelCase(ctx, input)),
  reinstate: tenantProcedure.input(OfCase).mutation(({ ctx, input }) => reinstateCase(ctx, input)),
});

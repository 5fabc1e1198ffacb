import {
  AddAddendum,
  AskArbiter,
  addAddendum,
  askArbiter,
  GetReport,
  getMarkup,
  getReport,
  listTemplates,
  SaveDraft,
  SaveMarkup,
  SignPreliminary,
  SignReport,
  saveDraft,
  saveMarkup,
  signPreliminary,
  signReport,
  startDraftAnew,
  TakeOverDraft,
  takeOverDraft,
} from "#server/domain/reporting/index.ts";
import { provenProcedure, router, tenantProcedure } from "../procedure.ts";

export const reportRouter = router({
  get: tenantProcedure.input(GetReport).query(({ ctx, input }) => getReport(ctx, input)),
  templates: tenantProcedure.input(GetReport).query(({ ctx, input }) => listTemplates(ctx, input)),
  saveDraft: tenantProcedure
    .meta({ cleansText: true })
    .input(SaveDraft)
    .mutation(({ ctx, input }) => saveDraft(ctx, input)),
  markup: tenantProcedure.input(GetReport).query(({ ctx, input }) => getMarkup(ctx, input)),
  saveMarkup: tenantProcedure
    .meta({ cleansText: true })
    .input(SaveMarkup)
    .mutation(({ ctx, input }) => saveMarkup(ctx, input)),
  takeOverDraft: tenantProcedure.input(TakeOverDraft).mutation(({ ctx, input }) => takeOverDraft(ctx, input)),
  startDraftAnew: tenantProcedure.input(TakeOverDraft).mutation(({ ctx, input }) => startDraftAnew(ctx, input)),
  sign: provenProcedure
    .meta({ cleansText: true })
    .input(SignReport)
    .mutation(({ ctx, input }) => signReport(ctx, input)),
  signPreliminary: provenProcedure.input(SignPreliminary).mutation(({ ctx, input }) => signPreliminary(ctx, input)),
  askArbiter: tenantProcedure
    .meta({ cleansText: true })
    .input(AskArbiter)
    .mutation(({ ctx, input }) => askArbiter(ctx, input)),
  addendum: provenProcedure
    .meta({ cleansText: true })
    .input(AddAddendum)
    .mutation(({ ctx, input }) => addAddendum(ctx, input)),
});

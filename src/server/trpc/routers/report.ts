import {
  AddAddendum,
  addAddendum,
  GetReport,
  getReport,
  listTemplates,
  SaveDraft,
  SignReport,
  saveDraft,
  signPreliminary,
  signReport,
  startDraftAnew,
  TakeOverDraft,
  takeOverDraft,
} from "#server/domain/reporting/index.ts";
import { reauthenticatedProcedure, router, tenantProcedure } from "../procedure.ts";

export const reportRouter = router({
  get: tenantProcedure.input(GetReport).query(({ ctx, input }) => getReport(ctx, input)),
  templates: tenantProcedure.input(GetReport).query(({ ctx, input }) => listTemplates(ctx, input)),
  saveDraft: tenantProcedure
    .meta({ cleansText: true })
    .input(SaveDraft)
    .mutation(({ ctx, input }) => saveDraft(ctx, input)),
  takeOverDraft: tenantProcedure.input(TakeOverDraft).mutation(({ ctx, input }) => takeOverDraft(ctx, input)),
  startDraftAnew: tenantProcedure.input(TakeOverDraft).mutation(({ ctx, input }) => startDraftAnew(ctx, input)),
  sign: reauthenticatedProcedure.input(SignReport).mutation(({ ctx, input }) => signReport(ctx, input)),
  signPreliminary: reauthenticatedProcedure.input(SignReport).mutation(({ ctx, input }) => signPreliminary(ctx, input)),
  addendum: reauthenticatedProcedure
    .meta({ cleansText: true })
    .input(AddAddendum)
    .mutation(({ ctx, input }) => addAddendum(ctx, input)),
});

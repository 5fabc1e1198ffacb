import {
  AcknowledgeDiscrepancy,
  acknowledgeDiscrepancy,
  CloseDiscrepancy,
  closeDiscrepancy,
  ExportDiscrepancies,
  exportDiscrepancies,
  ListDiscrepancies,
  listDiscrepancies,
} from "#server/domain/reporting/index.ts";
import { optionalInput, router, tenantProcedure } from "../procedure.ts";

/** Over-reads that differ: what a group and its readers learn from. */
export const discrepancyRouter = router({
  list: tenantProcedure
    .input(optionalInput(ListDiscrepancies))
    .query(({ ctx, input }) => listDiscrepancies(ctx, input)),
  export: tenantProcedure
    .input(optionalInput(ExportDiscrepancies))
    .query(({ ctx, input }) => exportDiscrepancies(ctx, input)),
  acknowledge: tenantProcedure
    .input(AcknowledgeDiscrepancy)
    .mutation(({ ctx, input }) => acknowledgeDiscrepancy(ctx, input)),
  close: tenantProcedure
    .meta({ cleansText: true })
    .input(CloseDiscrepancy)
    .mutation(({ ctx, input }) => closeDiscrepancy(ctx, input)),
});

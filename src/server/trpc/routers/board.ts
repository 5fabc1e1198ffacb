import { FairnessOf, readBoard, readFairness } from "#server/domain/assignment/index.ts";
import { optionalInput, router, tenantProcedure } from "../procedure.ts";

/** What a lead looks at while the group reads. */
export const boardRouter = router({
  get: tenantProcedure.query(({ ctx }) => readBoard(ctx)),
  fairness: tenantProcedure.input(optionalInput(FairnessOf)).query(({ ctx, input }) => readFairness(ctx, input)),
});

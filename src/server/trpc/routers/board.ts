import {
  FairnessOf,
  ownPublishedShifts,
  publishedShifts,
  readBoard,
  readFairness,
} from "#server/domain/assignment/index.ts";
import { optionalInput, router, tenantProcedure } from "../procedure.ts";

/** What a lead looks at while the group reads. */
export const boardRouter = router({
  get: tenantProcedure.query(({ ctx }) => readBoard(ctx)),
  fairness: tenantProcedure.input(optionalInput(FairnessOf)).query(({ ctx, input }) => readFairness(ctx, input)),
  published: tenantProcedure.query(({ ctx }) => publishedShifts(ctx)),
  /** For every reader: his own shifts alone. */
  ownPublished: tenantProcedure.query(({ ctx }) => ownPublishedShifts(ctx)),
});

import {
  CancelOrder,
  CreateOrder,
  cancelOrder,
  createOrder,
  joinOrder,
  ListOrders,
  listOrders,
  MatchOrder,
  partOrder,
  UpdateOrder,
  updateOrder,
} from "#server/domain/ordering/index.ts";
import { optionalInput, router, tenantProcedure } from "../procedure.ts";

/** What the hospital asks for, and the studies that answer it. */
export const orderRouter = router({
  list: tenantProcedure.input(optionalInput(ListOrders)).query(({ ctx, input }) => listOrders(ctx, input)),
  create: tenantProcedure
    .meta({ cleansText: true })
    .input(CreateOrder)
    .mutation(({ ctx, input }) => createOrder(ctx, input)),
  update: tenantProcedure
    .meta({ cleansText: true })
    .input(UpdateOrder)
    .mutation(({ ctx, input }) => updateOrder(ctx, input)),
  cancel: tenantProcedure.input(CancelOrder).mutation(({ ctx, input }) => cancelOrder(ctx, input)),
  join: tenantProcedure.input(MatchOrder).mutation(({ ctx, input }) => joinOrder(ctx, input)),
  part: tenantProcedure.input(MatchOrder).mutation(({ ctx, input }) => partOrder(ctx, input)),
});

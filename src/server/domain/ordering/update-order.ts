import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { lockOrder } from "./find-order.ts";
import type { CancelOrder, UpdateOrder } from "./inputs.ts";
import { applyLater, matchOrders } from "./match-orders.ts";
import { matchedStudies } from "./orders-of-study.ts";

/**
 * Changes what an open order says. The cases of its studies take it over; a study that answers it by the new accession number is joined.
 *
 * @returns the order's new version.
 * @throws {DomainError} `order.version-conflict` with `version` (somebody else changed it meanwhile), `order.cancelled`,
 *   `request.invalid` (STAT without a reason), `order.not-found`, `auth.forbidden`
 */
export async function updateOrder(
  ctx: Ctx<UserActor>,
  { orderId, version, ...change }: UpdateOrder,
): Promise<{ version: number }> {
  const before = await lockOrder(ctx, orderId);
  if (before.state === "cancelled") throw new DomainError("order.cancelled");
  if (before.version !== version)
    throw new DomainError("order.version-conflict", { details: { version: before.version } });
  const priority = change.priority ?? before.priority;
  if (priority === "stat" && (change.priorityReason ?? before.priorityReason).length < 3)
    throw new DomainError("request.invalid", { details: { fields: "priorityReason" } });
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  await ctx.tx.imagingOrder.update({
    where: { id: orderId },
    data: { ...given, version: version + 1, updatedAt: ctx.now },
    select: { id: true },
  });
  await audit(ctx, {
    action: "order.update",
    details: { orderId, changed: Object.keys(given).join(" "), priority, version: version + 1 },
  });
  await matchOrders(ctx, { orderIds: [orderId] });
  await applyLater(ctx, await matchedStudies(ctx, orderId));
  return { version: version + 1 };
}

/**
 * Withdraws an order. Its studies stay joined to it for the record; their cases no longer go by it.
 * @throws {DomainError} `order.cancelled`, `order.not-found`, `auth.forbidden`
 */
export async function cancelOrder(ctx: Ctx<UserActor>, { orderId, reason }: CancelOrder): Promise<{ cancelled: true }> {
  const { state, version } = await lockOrder(ctx, orderId);
  if (state === "cancelled") throw new DomainError("order.cancelled");
  await ctx.tx.imagingOrder.update({
    where: { id: orderId },
    data: { state: "cancelled", cancelledReason: reason, version: version + 1, updatedAt: ctx.now },
    select: { id: true },
  });
  await audit(ctx, { action: "order.cancel", details: { orderId, reason } });
  await applyLater(ctx, await matchedStudies(ctx, orderId));
  return { cancelled: true };
}

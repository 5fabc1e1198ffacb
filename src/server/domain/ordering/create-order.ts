import { normalisePersonName } from "@overread/shared/dicom/person-name";
import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import type { CreateOrder } from "./inputs.ts";
import { applyLater, matchOrders } from "./match-orders.ts";
import { orderPolicy } from "./policy.ts";
import { prepareEarlier } from "./prepare-earlier.ts";

/**
 * Enters an order of one of the caller's facilities, and joins it to the studies that answer it already.
 *
 * @returns the order, and how many studies it was joined to.
 * @throws {DomainError} `facility.not-found`, `auth.forbidden`
 */
export async function createOrder(
  ctx: Ctx<UserActor>,
  { facilitySlug, ...order }: CreateOrder,
): Promise<{ orderId: string; matched: number }> {
  const { actor, tx } = ctx;
  orderPolicy.authorize(actor, "order.write", null);
  const facility = await tx.facility.findUnique({
    where: { orgId_slug: { orgId: actor.orgId, slug: facilitySlug } },
    select: { id: true },
  });
  if (!facility || !orderPolicy.can(actor, "order.write", { orgId: actor.orgId, facilityId: facility.id }))
    throw new DomainError("facility.not-found");
  const { id: orderId } = await tx.imagingOrder.create({
    data: {
      ...order,
      patientNameSearch: normalisePersonName(order.patientName, true),
      orgId: actor.orgId,
      facilityId: facility.id,
      createdById: actor.userId,
    },
    select: { id: true },
  });
  await audit(ctx, {
    action: "order.create",
    details: { orderId, facilityId: facility.id, priority: order.priority },
  });
  const { studyIds } = await matchOrders(ctx, { orderIds: [orderId] });
  await applyLater(ctx, studyIds);
  await prepareEarlier(ctx, order);
  return { orderId, matched: studyIds.length };
}

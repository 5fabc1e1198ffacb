import { DomainError } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";
import { makePolicy } from "../authorize.ts";

/** Who may do what to deliveries. Destinations are part of the facility's settings (`tenancy/policy.ts`). */
export const exchangePolicy = makePolicy(
  {
    /** Recording a delivery, in the act that causes it. */
    "delivery.record": { people: [], machines: ["system"] },
    /** Taking deliveries, and reporting their outcome. */
    "delivery.carry": { people: [], machines: ["edge", "system"] },
  },
  { see: ["delivery.carry"], notFound: "delivery.not-found" },
);

/** Who carries a delivery: an edge router those for its facility, the worker those of the portal's own senders. */
export type Carrier = { orgId: string } & ({ carrier: "edge"; facilityId: string } | { carrier: "portal" });

/** @throws {DomainError} `auth.forbidden` for a caller that carries nothing. */
export function carrierOf(actor: Actor): Carrier {
  exchangePolicy.authorize(actor, "delivery.carry", null);
  const { orgId } = actor;
  if (actor.kind === "system") return { orgId, carrier: "portal" };
  if (actor.kind === "token" && actor.edgeId && actor.facilityId)
    return { orgId, carrier: "edge", facilityId: actor.facilityId };
  throw new DomainError("auth.forbidden");
}

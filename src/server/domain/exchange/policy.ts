import { DomainError } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";
import { makePolicy } from "../authorize.ts";

/** Who may do what to deliveries. Where they go is decided with the facility's other settings (`tenancy/policy.ts`). */
export const exchangePolicy = makePolicy(
  {
    /** Owing something to a destination, in the act that makes it. */
    "delivery.record": { people: [], machines: ["system"] },
    /** Taking what waits, and saying what became of it. */
    "delivery.carry": { people: [], machines: ["edge", "system"] },
  },
  { see: ["delivery.carry"], notFound: "delivery.not-found" },
);

/** Who carries a delivery: an edge router what goes to its facility, the worker what our own senders carry. */
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

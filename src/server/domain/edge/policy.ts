import { DomainError } from "@overread/shared/errors";
import type { Actor, TokenActor } from "#server/context.ts";
import { makePolicy } from "../authorize.ts";

/** Who may do what to edge routers. The only place in this room that knows a role by name. */
export const edgePolicy = makePolicy(
  {
    "edge.manage": { people: [["site_admin", "hospital"]] },
    /** What an enrolled edge router does for itself. */
    "edge.serve": { people: [], machines: ["edge"] },
  },
  { see: ["edge.manage"], notFound: "edge.not-found" },
);

/** A caller that is an enrolled edge router. */
export type EdgeActor = TokenActor & { edgeId: string; facilityId: string };

/** @throws {DomainError} `auth.forbidden` for a caller that is no edge router. */
export function authorizeEdge(actor: Actor): EdgeActor {
  edgePolicy.authorize(actor, "edge.serve", null);
  if (actor.kind !== "token" || !actor.edgeId || !actor.facilityId) throw new DomainError("auth.forbidden");
  return actor as EdgeActor;
}

import { DomainError } from "@overread/shared/errors";
import type { Actor, TokenActor } from "#server/context.ts";
import { makePolicy } from "../authorize.ts";

/** Who may do what to edge routers. The only file in this module that names roles. */
export const edgePolicy = makePolicy(
  {
    "edge.manage": { people: [["site_admin", "hospital"]] },
    /** What an enrolled edge router does on its own behalf. */
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

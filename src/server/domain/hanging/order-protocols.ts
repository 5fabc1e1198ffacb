import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { announce } from "./announce.ts";
import type { OrderProtocols } from "./inputs.ts";
import { hangingPolicy } from "./policy.ts";

/**
 * Puts the caller's protocols into this order; of several that fit a study the first is taken. One that is not named stays before them.
 *
 * @throws {DomainError} `resource.not-found` (one of them is none of the caller's), `auth.forbidden`
 */
export async function orderProtocols(ctx: Ctx<UserActor>, { protocolIds }: OrderProtocols): Promise<void> {
  const { tx, actor } = ctx;
  hangingPolicy.authorize(actor, "protocol.use", null);
  const ids = [...new Set(protocolIds)];
  const placed = await tx.$executeRaw`
    UPDATE hanging_protocol p SET place = o.place FROM unnest(${ids}::uuid[]) WITH ORDINALITY AS o (id, place)
    WHERE p.id = o.id AND p.owner_id = ${actor.userId}::uuid AND p.removed_at IS NULL`;
  if (placed !== ids.length) throw new DomainError("resource.not-found");
  await announce(ctx);
}

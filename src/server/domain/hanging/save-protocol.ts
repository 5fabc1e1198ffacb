import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { announce } from "./announce.ts";
import type { OfProtocol, SaveProtocol } from "./inputs.ts";
import { hangingPolicy } from "./policy.ts";

/** One person's protocols; a hundred are offered by no menu. */
const atMost = 100;

/**
 * Keeps a hanging protocol, or a change of one's own.
 *
 * @throws {DomainError} `resource.not-found` (none of the caller's), `hanging.version-conflict` (changed in another window meanwhile),
 * `hanging.too-many`, `auth.forbidden`
 */
export async function saveProtocol(
  ctx: Ctx<UserActor>,
  { protocolId, version, isShared, protocol }: SaveProtocol,
): Promise<{ protocolId: string; version: number }> {
  const { tx, actor } = ctx;
  hangingPolicy.authorize(actor, "protocol.use", null);
  if (!protocolId) {
    const kept = await tx.hangingProtocol.count({ where: { ownerId: actor.userId, removedAt: null } });
    if (kept >= atMost) throw new DomainError("hanging.too-many", { details: { most: atMost } });
    const made = await tx.hangingProtocol.create({
      data: { orgId: actor.orgId, ownerId: actor.userId, isShared, document: protocol },
      select: { id: true, version: true },
    });
    await announce(ctx);
    return { protocolId: made.id, version: made.version };
  }
  const own = { id: protocolId, ownerId: actor.userId, removedAt: null };
  if ((await tx.hangingProtocol.count({ where: own })) === 0) throw new DomainError("resource.not-found");
  const [changed] = await tx.hangingProtocol.updateManyAndReturn({
    where: { ...own, version: version ?? 0 },
    data: { isShared, document: protocol, version: { increment: 1 }, updatedAt: new Date(ctx.now) },
    select: { version: true },
  });
  if (!changed) throw new DomainError("hanging.version-conflict");
  await announce(ctx);
  return { protocolId, version: changed.version };
}

/** Takes a protocol away from everybody it is for. @throws {DomainError} `resource.not-found`, `auth.forbidden` */
export async function removeProtocol(ctx: Ctx<UserActor>, { protocolId }: OfProtocol): Promise<void> {
  await put(ctx, protocolId, new Date(ctx.now));
}

/** Undoes {@link removeProtocol}. @throws {DomainError} `resource.not-found`, `auth.forbidden` */
export async function restoreProtocol(ctx: Ctx<UserActor>, { protocolId }: OfProtocol): Promise<void> {
  await put(ctx, protocolId, null);
}

async function put(ctx: Ctx<UserActor>, id: string, removedAt: Date | null): Promise<void> {
  const { tx, actor } = ctx;
  const mayOthers = hangingPolicy.can(actor, "protocol.remove-shared", null);
  if (!mayOthers) hangingPolicy.authorize(actor, "protocol.use", null);
  const { count } = await tx.hangingProtocol.updateMany({
    where: { id, OR: [{ ownerId: actor.userId }, ...(mayOthers ? [{ isShared: true }] : [])] },
    data: { removedAt },
  });
  if (count === 0) throw new DomainError("resource.not-found");
  await announce(ctx);
}

import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { Prisma } from "#server/db/generated/client.ts";
import { publish } from "#server/live/publish.ts";
import type { OfList, SaveList } from "./inputs.ts";
import { mayEdit } from "./list-lists.ts";
import { listPolicy } from "./policy.ts";
import { type ListRow, visibleLists } from "./visible-lists.ts";

/**
 * Keeps a list, or a change of one.
 *
 * @throws {DomainError} `auth.forbidden` (for others, by whom that is not given to), `resource.not-found` (no list or
 * group that the caller sees), `list.version-conflict` (somebody changed it meanwhile)
 */
export async function saveList(ctx: Ctx<UserActor>, input: SaveList): Promise<{ listId: string; version: number }> {
  const { tx, actor } = ctx;
  listPolicy.authorize(actor, "list.use", null);
  const { listId, name, audience, pinned, view } = input;
  if (audience.of !== "own") listPolicy.authorize(actor, "list.share", null);
  const groupId = audience.of === "group" ? audience.groupId : null;
  if (groupId && !(await tx.readerGroup.findFirst({ where: { id: groupId, removedAt: null }, select: { id: true } })))
    throw new DomainError("resource.not-found");
  const row = {
    name,
    audience: audience.of,
    role: audience.of === "role" ? audience.role : null,
    groupId,
    pinned,
    view,
  };
  if (!listId) {
    const made = await tx.savedList.create({
      data: { ...row, orgId: actor.orgId, ownerId: actor.userId },
      select: { id: true, version: true },
    });
    await publish(tx, { topic: "lists.changed", orgIds: [actor.orgId] });
    return { listId: made.id, version: made.version };
  }
  const before = await ownList(ctx, { listId });
  // Of another's list nobody makes one that its owner alone sees.
  if (audience.of === "own" && before.ownerId !== actor.userId) throw new DomainError("auth.forbidden");
  const [changed] = await tx.savedList.updateManyAndReturn({
    where: { id: listId, removedAt: null, version: input.version ?? 0 },
    data: { ...row, version: { increment: 1 }, updatedAt: new Date(ctx.now) },
    select: { version: true },
  });
  if (!changed) throw new DomainError("list.version-conflict");
  await publish(tx, { topic: "lists.changed", orgIds: [actor.orgId] });
  return { listId, version: changed.version };
}

/** Takes a list away from everybody it is for. @throws {DomainError} `resource.not-found`, `auth.forbidden` */
export async function removeList(ctx: Ctx<UserActor>, { listId }: OfList): Promise<void> {
  await ownList(ctx, { listId });
  await put(ctx, listId, ctx.now);
}

/** Undoes {@link removeList}, with its watchers. @throws {DomainError} `resource.not-found`, `auth.forbidden` */
export async function restoreList(ctx: Ctx<UserActor>, { listId }: OfList): Promise<void> {
  await ownList(ctx, { listId });
  await put(ctx, listId, null);
}

async function put({ tx, actor }: Ctx<UserActor>, listId: string, removedAt: Date | null): Promise<void> {
  await tx.savedList.update({ where: { id: listId }, data: { removedAt } });
  await publish(tx, { topic: "lists.changed", orgIds: [actor.orgId] });
}

/** A list that the caller may change, removed or not. */
async function ownList(ctx: Ctx<UserActor>, { listId }: OfList): Promise<ListRow> {
  listPolicy.authorize(ctx.actor, "list.use", null);
  const [list] = await visibleLists(ctx, Prisma.sql`l.id = ${listId}::uuid`);
  if (!list) throw new DomainError("resource.not-found");
  if (!mayEdit(ctx.actor, list)) throw new DomainError("auth.forbidden");
  return list;
}

import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { announceReaders } from "./announce.ts";
import type { OfGroup, SaveGroup } from "./inputs.ts";
import { readerPolicy } from "./policy.ts";

/**
 * Makes a group of readers, or changes one.
 *
 * @throws {DomainError} `auth.forbidden`, `resource.not-found` (the group), `user.not-found` (a member who is no radiologist here),
 * `request.invalid` (another group has the name)
 */
export async function saveGroup(ctx: Ctx<UserActor>, { groupId, name, readerIds }: SaveGroup) {
  const { actor, tx } = ctx;
  readerPolicy.authorize(actor, "reader.manage", null);
  const wanted = [...new Set(readerIds)];
  const people = await tx.user.count({
    where: { id: { in: wanted }, orgId: actor.orgId, roles: { has: "radiologist" }, deactivatedAt: null },
  });
  if (people !== wanted.length) throw new DomainError("user.not-found");
  if (groupId) await ownGroup(ctx, groupId);
  const taken = await tx.readerGroup.findFirst({
    where: { orgId: actor.orgId, name, removedAt: null, ...(groupId ? { id: { not: groupId } } : {}) },
  });
  if (taken) throw new DomainError("request.invalid", { details: { fields: "name" } });
  const data = { name, readerIds: wanted };
  const { id } = groupId
    ? await tx.readerGroup.update({ where: { id: groupId }, data, select: { id: true } })
    : await tx.readerGroup.create({ data: { ...data, orgId: actor.orgId }, select: { id: true } });
  await audit(ctx, { action: "reader.update", details: { groupId: id, changed: "group", readers: wanted.length } });
  await announceReaders(ctx);
  return { groupId: id };
}

/** A rule that names it finds nobody there any more. @throws {DomainError} `auth.forbidden`, `resource.not-found` */
export async function removeGroup(ctx: Ctx<UserActor>, { groupId }: OfGroup): Promise<void> {
  readerPolicy.authorize(ctx.actor, "reader.manage", null);
  await ownGroup(ctx, groupId);
  await ctx.tx.readerGroup.update({ where: { id: groupId }, data: { removedAt: ctx.now } });
  await audit(ctx, { action: "reader.update", details: { groupId, changed: "group removed" } });
  await announceReaders(ctx);
}

async function ownGroup({ actor, tx }: Ctx<UserActor>, groupId: string): Promise<void> {
  const group = await tx.readerGroup.findFirst({ where: { id: groupId, orgId: actor.orgId, removedAt: null } });
  if (!group) throw new DomainError("resource.not-found");
}

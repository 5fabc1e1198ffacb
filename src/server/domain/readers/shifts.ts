import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { announceReaders } from "./announce.ts";
import { findReader } from "./find-reader.ts";
import type { AddShift, AddShiftChange, OfShift, OfShiftChange } from "./inputs.ts";
import { readerPolicy } from "./policy.ts";

const dayOf = (day: string | null): Date | null => (day === null ? null : new Date(`${day}T00:00Z`));

/** A shift that comes every week. @throws {DomainError} `auth.forbidden`, `user.not-found` */
export async function addShift(ctx: Ctx<UserActor>, { userId, validFrom, validUntil, ...shift }: AddShift) {
  const reader = await findReader(ctx, userId);
  const { id: shiftId } = await ctx.tx.readerShift.create({
    data: {
      ...shift,
      weekdays: [...new Set(shift.weekdays)].sort(),
      validFrom: dayOf(validFrom),
      validUntil: dayOf(validUntil),
      userId: reader.id,
      orgId: ctx.actor.orgId,
      createdById: ctx.actor.userId,
    },
    select: { id: true },
  });
  await done(ctx, reader.id, "shift added");
  return { shiftId };
}

/** @throws {DomainError} `auth.forbidden`, `resource.not-found` */
export async function removeShift(ctx: Ctx<UserActor>, { shiftId }: OfShift): Promise<void> {
  const { actor, tx, now } = ctx;
  readerPolicy.authorize(actor, "reader.manage", null);
  const shift = await tx.readerShift.findFirst({ where: { id: shiftId, orgId: actor.orgId, removedAt: null } });
  if (!shift) throw new DomainError("resource.not-found");
  await tx.readerShift.update({ where: { id: shiftId }, data: { removedAt: now } });
  await done(ctx, shift.userId, "shift removed");
}

/** Once on shift, or once away. @throws {DomainError} `auth.forbidden`, `user.not-found` */
export async function addShiftChange(ctx: Ctx<UserActor>, { userId, ...change }: AddShiftChange) {
  const reader = await findReader(ctx, userId);
  const { id: changeId } = await ctx.tx.shiftChange.create({
    data: { ...change, userId: reader.id, orgId: ctx.actor.orgId, byId: ctx.actor.userId },
    select: { id: true },
  });
  await done(ctx, reader.id, `${change.kind} added`);
  return { changeId };
}

/** What two readers have agreed on is not taken back on one side. @throws {DomainError} `auth.forbidden`, `resource.not-found` */
export async function removeShiftChange(ctx: Ctx<UserActor>, { changeId }: OfShiftChange): Promise<void> {
  const { actor, tx, now } = ctx;
  readerPolicy.authorize(actor, "reader.manage", null);
  const change = await tx.shiftChange.findFirst({ where: { id: changeId, orgId: actor.orgId, removedAt: null } });
  if (!change) throw new DomainError("resource.not-found");
  const together = change.swapId ? { orgId: actor.orgId, swapId: change.swapId } : { id: changeId };
  await tx.shiftChange.updateMany({ where: { ...together, removedAt: null }, data: { removedAt: now } });
  await done(ctx, change.userId, `${change.kind} removed`);
}

async function done(ctx: Ctx<UserActor>, userId: string, changed: string): Promise<void> {
  await audit(ctx, { action: "reader.update", details: { userId, changed } });
  await announceReaders(ctx);
}

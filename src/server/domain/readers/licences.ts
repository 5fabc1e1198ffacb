import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { announceReaders } from "./announce.ts";
import { findReader } from "./find-reader.ts";
import type { AddLicence, CheckLicence, OfLicence } from "./inputs.ts";
import { readerPolicy } from "./policy.ts";

const dayOf = (day: string | null): Date | null => (day === null ? null : new Date(`${day}T00:00Z`));

/**
 * Puts a licence on file. A renewal is a further one: the old one stays, with what was checked of it.
 *
 * @throws {DomainError} `auth.forbidden`, `user.not-found`
 */
export async function addLicence(ctx: Ctx<UserActor>, { userId, validFrom, validUntil, ...licence }: AddLicence) {
  const reader = await findReader(ctx, userId);
  const { id: licenceId } = await ctx.tx.readerLicence.create({
    data: {
      ...licence,
      validFrom: dayOf(validFrom),
      validUntil: dayOf(validUntil),
      userId: reader.id,
      orgId: ctx.actor.orgId,
      createdById: ctx.actor.userId,
    },
    select: { id: true },
  });
  const details = { userId: reader.id, licenceId, jurisdiction: licence.jurisdiction, act: "added" };
  await audit(ctx, { action: "reader.credential", details });
  await announceReaders(ctx);
  return { licenceId };
}

/** It counts no more from now on, and stays on file. @throws {DomainError} `auth.forbidden`, `resource.not-found` */
export async function removeLicence(ctx: Ctx<UserActor>, { licenceId }: OfLicence): Promise<void> {
  const licence = await ownLicence(ctx, licenceId);
  await ctx.tx.readerLicence.update({
    where: { id: licence.id },
    data: { removedAt: ctx.now, removedById: ctx.actor.userId },
  });
  await audit(ctx, { action: "reader.credential", details: { userId: licence.userId, licenceId, act: "removed" } });
  await announceReaders(ctx);
}

/** Records what the primary source says of a licence. Nobody changes it afterwards. @throws {DomainError} `auth.forbidden`, `resource.not-found` */
export async function checkLicence(ctx: Ctx<UserActor>, { licenceId, ...check }: CheckLicence): Promise<void> {
  const licence = await ownLicence(ctx, licenceId);
  await ctx.tx.licenceCheck.create({
    data: { ...check, licenceId, orgId: ctx.actor.orgId, byId: ctx.actor.userId },
  });
  const details = { userId: licence.userId, licenceId, act: "checked", outcome: check.outcome };
  await audit(ctx, { action: "reader.credential", details });
  await announceReaders(ctx);
}

async function ownLicence({ actor, tx }: Ctx<UserActor>, licenceId: string) {
  readerPolicy.authorize(actor, "reader.manage", null);
  const licence = await tx.readerLicence.findFirst({ where: { id: licenceId, orgId: actor.orgId, removedAt: null } });
  if (!licence) throw new DomainError("resource.not-found");
  return licence;
}

import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { announceReaders } from "./announce.ts";
import { findReader } from "./find-reader.ts";
import type { SaveProfile } from "./inputs.ts";

/**
 * What a radiologist reads, and how much of it.
 *
 * @throws {DomainError} `auth.forbidden`, `user.not-found`
 */
export async function saveProfile(ctx: Ctx<UserActor>, { userId, ...profile }: SaveProfile): Promise<void> {
  const reader = await findReader(ctx, userId);
  const data = { ...profile, updatedById: ctx.actor.userId, updatedAt: ctx.now };
  await ctx.tx.readerProfile.upsert({
    where: { userId: reader.id },
    create: { ...data, userId: reader.id, orgId: ctx.actor.orgId },
    update: data,
  });
  await audit(ctx, { action: "reader.update", details: { userId: reader.id, changed: "profile" } });
  await announceReaders(ctx);
}

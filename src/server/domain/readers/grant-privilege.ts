import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { announceReaders } from "./announce.ts";
import { findReader } from "./find-reader.ts";
import type { GrantPrivilege } from "./inputs.ts";
import { readFacilities } from "./read-facilities.ts";
import { endOfDay } from "./roster.ts";

/**
 * Says what a reader may do at a facility that the group reads for, and until which day of the facility's calendar; then it is the level below.
 *
 * @throws {DomainError} `auth.forbidden`, `user.not-found`, `facility.not-found`
 */
export async function grantPrivilege(
  ctx: Ctx<UserActor>,
  { userId, facilityId, level, lastDay }: GrantPrivilege,
): Promise<void> {
  const reader = await findReader(ctx, userId);
  const facility = (await readFacilities(ctx.tx, ctx.actor.orgId)).find(({ id }) => id === facilityId);
  if (!facility) throw new DomainError("facility.not-found");
  const data = {
    level,
    expiresAt: lastDay === null ? null : new Date(endOfDay(lastDay, facility.timeZone)),
    grantedById: ctx.actor.userId,
    grantedAt: ctx.now,
  };
  await ctx.tx.facilityPrivilege.upsert({
    where: { userId_facilityId: { userId: reader.id, facilityId } },
    create: { ...data, userId: reader.id, facilityId, orgId: ctx.actor.orgId },
    update: data,
  });
  const details = { userId: reader.id, facilityId, act: "granted", level, lastDay };
  await audit(ctx, { action: "reader.credential", details });
  await announceReaders(ctx);
}

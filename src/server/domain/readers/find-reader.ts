import { DomainError } from "@overread/shared/errors";
import type { Ctx, UserActor } from "#server/context.ts";
import { readerPolicy } from "./policy.ts";

export type Reader = { id: string; displayName: string };

/**
 * A radiologist of the caller's group with an open account, for somebody who manages its readers.
 *
 * @throws {DomainError} `auth.forbidden`, `user.not-found`
 */
export async function findReader(ctx: Pick<Ctx<UserActor>, "actor" | "tx">, userId: string): Promise<Reader> {
  readerPolicy.authorize(ctx.actor, "reader.manage", null);
  return findColleague(ctx, userId);
}

/** The same without the question who asks. @throws {DomainError} `user.not-found` */
export async function findColleague(
  { actor, tx }: Pick<Ctx<UserActor>, "actor" | "tx">,
  userId: string,
): Promise<Reader> {
  const reader = await tx.user.findFirst({
    where: { id: userId, orgId: actor.orgId, deactivatedAt: null, roles: { has: "radiologist" } },
    select: { id: true, displayName: true },
  });
  if (!reader) throw new DomainError("user.not-found");
  return reader;
}

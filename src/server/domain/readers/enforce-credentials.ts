import type { Ctx, UserActor } from "#server/context.ts";
import { audit } from "../audit/index.ts";
import { announceReaders } from "./announce.ts";
import type { EnforceCredentials } from "./inputs.ts";
import { readerPolicy } from "./policy.ts";

/** Whether licences and privileges bar readers, or are only kept. @throws {DomainError} `auth.forbidden` */
export async function enforceCredentials(ctx: Ctx<UserActor>, { enforced }: EnforceCredentials): Promise<void> {
  const { actor, tx, now } = ctx;
  readerPolicy.authorize(actor, "reader.manage", null);
  const data = { credentialsEnforced: enforced, updatedById: actor.userId, updatedAt: now };
  await tx.readerSettings.upsert({
    where: { orgId: actor.orgId },
    create: { ...data, orgId: actor.orgId },
    update: data,
  });
  await audit(ctx, { action: "reader.credential", details: { act: enforced ? "enforced" : "not enforced" } });
  await announceReaders(ctx);
}

import type { Ctx, UserActor } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";

/** Tells the group's pages that protocols have changed. */
export const announce = ({ tx, actor }: Ctx<UserActor>): Promise<void> =>
  publish(tx, { topic: "protocols.changed", orgIds: [actor.orgId] });

import type { SqlCtx } from "#server/context.ts";
import { publish } from "#server/live/publish.ts";

/** Tells the group's screens that something about its readers has changed. */
export async function announceReaders({ actor, tx }: Pick<SqlCtx, "actor" | "tx">): Promise<void> {
  await publish(tx, { topic: "readers.changed", orgIds: [actor.orgId] });
}

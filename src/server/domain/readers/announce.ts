import type { SqlCtx } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { publish } from "#server/live/publish.ts";

/** Tells the group's screens that something about its readers has changed, and has the rules asked again: who may read what may be others now. */
export async function announceReaders({ actor, tx }: Pick<SqlCtx, "actor" | "tx">): Promise<void> {
  await enqueue(tx, "assignment.run", { orgId: actor.orgId });
  await publish(tx, { topic: "readers.changed", orgIds: [actor.orgId] });
}

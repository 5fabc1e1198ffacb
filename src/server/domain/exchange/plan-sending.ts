import type { Ctx } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { carrierOf } from "./policy.ts";

/**
 * Schedules the worker's next run for a destination, for when its next delivery may be tried: after a failure, or when
 * its previous carrier died. Nothing is scheduled when nothing waits or the destination is inactive.
 */
export async function planSending({ actor, tx }: Ctx, { destinationId }: { destinationId: string }): Promise<void> {
  const { orgId } = carrierOf(actor);
  const [next] = await tx.$queryRaw<{ at: Date | null }[]>`
    SELECT min(d.next_attempt_at) AS at FROM delivery d JOIN destination t ON t.id = d.destination_id
    WHERE d.destination_id = ${destinationId}::uuid AND d.org_id = ${orgId}::uuid AND d.state = 'waiting' AND t.enabled`;
  if (next?.at) await enqueue(tx, "delivery.send", { orgId, destinationId }, next.at);
}

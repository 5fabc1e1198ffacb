import type { Tx } from "#server/context.ts";
import { enqueue } from "#server/jobs/enqueue.ts";
import { kinds } from "./kinds/index.ts";

/**
 * Lets failed deliveries be tried again at once instead of after their pause. For operators: `tx` comes from
 * `withMaintenance`, and the caller audits it with the organisations concerned.
 *
 * @param id null: all of them.
 */
export async function retryDeliveries(tx: Tx, id: string | null): Promise<{ id: string; orgId: string }[]> {
  const rows = await tx.$queryRaw<{ id: string; orgId: string; kind: string; destinationId: string }[]>`
    UPDATE delivery SET next_attempt_at = now()
    WHERE state = 'waiting' AND last_failure IS NOT NULL AND (${id}::uuid IS NULL OR id = ${id}::uuid)
    RETURNING id::text, org_id::text AS "orgId", kind, destination_id::text AS "destinationId"`;
  const ours = rows.filter(({ kind }) => kinds.find(kind)?.carrier === "portal");
  for (const [destinationId, [first]] of Map.groupBy(ours, (row) => row.destinationId))
    await enqueue(tx, "delivery.send", { orgId: first!.orgId, destinationId });
  return rows.map(({ id: deliveryId, orgId }) => ({ id: deliveryId, orgId }));
}

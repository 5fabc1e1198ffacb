import { type DeliveryFailure, failure } from "@overread/shared/delivery-failure";
import type { Ctx } from "#server/context.ts";
import { kinds } from "./kinds/index.ts";
import type { Taken } from "./kinds/kind.ts";
import { carrierOf } from "./policy.ts";
import { recordOutcome } from "./record-outcome.ts";
import { type SubjectColumns, subjectOf } from "./subject.ts";

/** How long a carrier has for one attempt before the delivery may be handed out again. */
export const takenForSeconds = 60;

/** What a carrier gets: `destination` and `subject` in the form of their kind. */
export type Offer = { deliveryId: string; kind: string; destination: unknown; subject: unknown };

type Row = SubjectColumns & { deliveryId: string; kind: string; settings: unknown };

/**
 * Hands the caller its waiting deliveries, oldest first, and leases them for a minute: a second poll, or a second edge
 * router of the facility, gets others. An edge router gets the deliveries for its facility, the worker those of the
 * portal's own senders. Nothing is handed out while the destination is inactive.
 *
 * @param destinationId of one destination only.
 * @param limit most to hand out at once.
 * @throws {DomainError} `auth.forbidden`
 */
export async function takeDeliveries(
  ctx: Ctx,
  { destinationId = null, limit = 20 }: { destinationId?: string | null; limit?: number } = {},
): Promise<Offer[]> {
  const { tx } = ctx;
  const caller = carrierOf(ctx.actor);
  const facilityId = caller.carrier === "edge" ? caller.facilityId : null;
  const rows = await tx.$queryRaw<Row[]>`
    WITH due AS (
      SELECT d.id FROM delivery d
      WHERE d.org_id = ${caller.orgId}::uuid AND (${facilityId}::uuid IS NULL OR d.facility_id = ${facilityId}::uuid)
        AND (${destinationId}::uuid IS NULL OR d.destination_id = ${destinationId}::uuid)
        AND d.kind = ANY(${kinds.carriedBy(caller.carrier)}) AND d.state = 'waiting' AND d.next_attempt_at <= now()
        AND EXISTS (SELECT 1 FROM destination t WHERE t.id = d.destination_id AND t.enabled)
      ORDER BY d.created_at, d.id LIMIT ${limit} FOR UPDATE SKIP LOCKED),
    taken AS (
      UPDATE delivery d SET next_attempt_at = now() + ${takenForSeconds} * interval '1 second', attempts = attempts + 1
      FROM due WHERE d.id = due.id RETURNING d.*)
    SELECT d.id::text AS "deliveryId", d.kind, t.settings, d.subject_type AS "subjectType", d.subject_id::text AS "subjectId", d.notice
    FROM taken d JOIN destination t ON t.id = d.destination_id ORDER BY d.created_at, d.id`;

  const offers = new Map<string, Offer>();
  for (const [kind, own] of Map.groupBy(rows, (row) => row.kind)) {
    const { taken, refused } = read(own);
    const contents = await kinds.find(kind)!.contentOf(ctx, taken);
    for (const { deliveryId, settings } of taken)
      if (contents.has(deliveryId))
        offers.set(deliveryId, { deliveryId, kind, destination: settings, subject: contents.get(deliveryId) });
      else refused.push({ deliveryId, why: failure("subject-gone") });
    // It cannot be sent as it is; the list of waiting deliveries shows why.
    for (const { deliveryId, why } of refused) await recordOutcome(ctx, { deliveryId, outcome: { failure: why } });
  }
  return rows.flatMap(({ deliveryId }) => offers.get(deliveryId) ?? []);
}

function read(rows: Row[]): { taken: Taken[]; refused: { deliveryId: string; why: DeliveryFailure }[] } {
  const taken: Taken[] = [];
  const refused: { deliveryId: string; why: DeliveryFailure }[] = [];
  for (const { deliveryId, kind, settings, ...columns } of rows) {
    const parsed = kinds.find(kind)!.settings.safeParse(settings);
    if (parsed.success) taken.push({ deliveryId, settings: parsed.data, subject: subjectOf(columns) });
    else refused.push({ deliveryId, why: failure("destination-invalid") });
  }
  return { taken, refused };
}

import { type DeliveryFailure, failure } from "@overread/shared/delivery-failure";
import { withTenant } from "#server/db/with-tenant.ts";
import {
  type Offer,
  type Outcome,
  planSending,
  recordOutcome,
  takeDeliveries,
  takenForSeconds,
} from "#server/domain/exchange/index.ts";
import type { JobContext } from "../handler.ts";
import { SendError, senders } from "../senders/index.ts";

type Run = Pick<JobContext, "actor" | "requestId" | "signal" | "log">;

/** One attempt ends before another may begin elsewhere. */
const tryMs = takenForSeconds * 1000 - 5_000;

/**
 * Sends a destination's waiting deliveries one after another, until none is due; then schedules the next run for the
 * remaining ones. A crash at any point loses nothing: leases expire and deliveries are handed out again.
 */
export async function sendDeliveries(run: Run, { destinationId }: { destinationId: string }): Promise<void> {
  const { actor, requestId, signal } = run;
  const by = { requestId };
  while (!signal.aborted) {
    const [offer] = await withTenant(actor, (ctx) => takeDeliveries(ctx, { destinationId, limit: 1 }), by);
    if (!offer) break;
    const outcome = await send(run, offer);
    await withTenant(actor, (ctx) => recordOutcome(ctx, { deliveryId: offer.deliveryId, outcome }), by);
  }
  await withTenant(actor, (ctx) => planSending(ctx, { destinationId }), by);
}

async function send({ signal, log }: Run, offer: Offer): Promise<Outcome> {
  const { deliveryId, kind } = offer;
  const sender = senders.get(kind);
  if (!sender) return { failure: failure("kind-unknown", { kind }) };
  try {
    return { receipt: await sender(offer, AbortSignal.any([signal, AbortSignal.timeout(tryMs)])) };
  } catch (error) {
    const why = failureOf(error);
    log.warn({ deliveryId, kind, reason: why.code }, "a delivery waits");
    return { failure: why };
  }
}

function failureOf(error: unknown): DeliveryFailure {
  if (error instanceof SendError) return error.failure;
  if (error instanceof Error && error.name === "TimeoutError") return failure("timeout");
  return failure("unknown");
}

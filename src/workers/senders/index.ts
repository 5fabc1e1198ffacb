import type { DeliveryFailure } from "@overread/shared/delivery-failure";
import type { Offer } from "#server/domain/exchange/index.ts";

/**
 * Sends one delivery, within the time of `signal`. The offer is in the form of its kind (`domain/exchange/kinds`).
 * `deliveryId` is the same at every attempt: a receiver that stores it accepts nothing twice, also when we crash
 * between its answer and our record.
 *
 * @returns the receiver's answer, for the audit trail: codes and numbers.
 * @throws {SendError} why it has not arrived.
 */
export type Sender = (offer: Offer, signal: AbortSignal) => Promise<DeliveryFailure["params"]>;

/** It has not arrived, and will be retried. */
export class SendError extends Error {
  readonly failure: DeliveryFailure;
  constructor(failure: DeliveryFailure) {
    super(failure.code);
    this.name = "SendError";
    this.failure = failure;
  }
}

/**
 * The sender of each kind that the portal itself carries; one file each. There is none yet: all present kinds go
 * through the edge router.
 */
export const senders = new Map<string, Sender>();

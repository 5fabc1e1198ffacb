import type { DeliveryFailure } from "@overread/shared/delivery-failure";
import type { Offer } from "#server/domain/exchange/index.ts";

/**
 * Sends one delivery, within the time of `signal`. What is offered is what the kind of that name says (`domain/exchange/kinds`).
 * `deliveryId` is the same at every try: a receiver that keeps it takes nothing twice, also when we die between its word and our note.
 *
 * @returns what the receiver answered, for the audit trail: codes and numbers.
 * @throws {SendError} why it has not arrived.
 */
export type Sender = (offer: Offer, signal: AbortSignal) => Promise<DeliveryFailure["params"]>;

/** It has not arrived, and is tried again. */
export class SendError extends Error {
  readonly failure: DeliveryFailure;
  constructor(failure: DeliveryFailure) {
    super(failure.code);
    this.name = "SendError";
    this.failure = failure;
  }
}

/** How each kind that the portal itself carries is sent; one file each. There is none yet: what there is goes through the edge router. */
export const senders = new Map<string, Sender>();

import type { DeliveryFailure } from "@overread/shared/delivery-failure";
import type { z } from "zod";
import type { Portal } from "../../control/portal.ts";
import type { Logger } from "../../log.ts";

/** What a deliverer works with. */
export type Tools = {
  portal: Portal;
  /** Folder for what has to be fetched; a file that a later try can use is called `<deliveryId>.dcm`. */
  dir: string;
  /** Our own AE title. */
  callingAeTitle: string;
  /**
   * To be called the moment the receiver has said that it has it: that is durable when this returns, so that no crash comes between its word
   * and ours. What happens after it changes nothing.
   *
   * @param receipt what it answered: codes and numbers.
   */
  accepted(receipt: DeliveryFailure["params"]): void;
  log: Logger;
  signal: AbortSignal;
};

/** One kind of delivery, as the edge router brings it to its destination. */
export type Deliverer<D = unknown> = {
  kind: string;
  /** Its variant of the contract's union. */
  offer: z.ZodType<D>;
  /**
   * Brings it there. Without {@link Tools.accepted} it has not arrived.
   *
   * @throws {NotDelivered} why not; `ScuError` and `PortalError` are understood as well, anything else is a fault of ours.
   */
  deliver(offer: D, tools: Tools): Promise<void>;
};

/** It is tried again when the portal offers it again. */
export class NotDelivered extends Error {
  readonly failure: DeliveryFailure;
  constructor(failure: DeliveryFailure) {
    super(failure.code);
    this.name = "NotDelivered";
    this.failure = failure;
  }
}

import * as v1 from "@overread/shared/edge-contract/v1";
import * as v2 from "@overread/shared/edge-contract/v2";
import { z } from "zod";
import { type Portal, PortalError } from "../control/portal.ts";

/** A portal that knew version 1 only is asked again this much later: it may have been upgraded. */
const ASK_NEWER_MS = 10 * 60_000;

type Version = 1 | 2;
const roots: Record<Version, string> = { 1: v1.EDGE_API, 2: v2.EDGE_API_V2 };

/** The portal's calls about deliveries, in the newest version of the contract that it knows. What is said here is version 2. */
export class DeliveryCalls {
  readonly #portal: Pick<Portal, "callAt">;
  readonly #now: () => number;
  #version: Version = 2;
  #askNewerAt = 0;

  constructor(portal: Pick<Portal, "callAt">, now: () => number = Date.now) {
    this.#portal = portal;
    this.#now = now;
  }

  /**
   * What waits for this facility; answered when something does, or empty after a while.
   *
   * @throws {PortalError}
   */
  async list(waitSeconds: number, signal: AbortSignal): Promise<v2.OfferedDelivery[]> {
    const options = { signal, answerMs: (waitSeconds + 30) * 1_000 };
    const path = `/deliveries?waitSeconds=${waitSeconds}`;
    return this.#inNewest(async (version) => {
      if (version === 2)
        return (await this.#portal.callAt(roots[2], v2.DeliveryList, "GET", path, undefined, options)).deliveries;
      return (await this.#portal.callAt(roots[1], v1.DeliveryList, "GET", path, undefined, options)).deliveries.map(
        v2.fromV1,
      );
    });
  }

  /** @returns whether the portal knows now; if not it is to be told again later. */
  async tell(deliveryId: string, outcome: v2.DeliveryOutcome, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#inNewest((version) => {
        const said = version === 2 ? outcome : v2.outcomeToV1(outcome);
        return this.#portal.callAt(roots[version], z.unknown(), "POST", `/deliveries/${deliveryId}/outcome`, said, {
          signal,
        });
      });
      return true;
    } catch (error) {
      if (!(error instanceof PortalError)) throw error;
      // The portal no longer knows the delivery: there is nobody to tell.
      return error.message === "delivery.not-found";
    }
  }

  async #inNewest<T>(call: (version: Version) => Promise<T>): Promise<T> {
    if (this.#version === 1 && this.#now() >= this.#askNewerAt) this.#version = 2;
    if (this.#version === 2)
      try {
        return await call(2);
      } catch (error) {
        if (!isUnknownCall(error)) throw error;
        this.#version = 1;
        this.#askNewerAt = this.#now() + ASK_NEWER_MS;
      }
    return call(1);
  }
}

/** An answer by somebody who does not know this call: a page that is not there, or a way to sign in. Not an answer about a delivery. */
const isUnknownCall = (error: unknown): boolean =>
  error instanceof PortalError &&
  error.kind === "refused" &&
  error.message !== "delivery.not-found" &&
  (error.status === 404 ||
    error.status === 405 ||
    (error.status !== null && error.status >= 300 && error.status < 400));

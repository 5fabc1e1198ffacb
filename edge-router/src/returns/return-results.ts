import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { type DeliveryFailure, failure, failureOfReason, reasonOf } from "@overread/shared/delivery-failure";
import { backoffMs, pause } from "../backoff.ts";
import { type Portal, PortalError } from "../control/portal.ts";
import { ScuError } from "../dimse/requestor.ts";
import type { Logger } from "../log.ts";
import { faultCode, isDiskFault } from "../spool/disk-fault.ts";
import type { OwnRows } from "../spool/faces.ts";
import { deliverers, NotDelivered, type Tools } from "./deliverers/index.ts";
import { DeliveryCalls } from "./delivery-calls.ts";
import { type DeliveryRow, DeliveryStore } from "./delivery-store.ts";

const LONG_POLL_SECONDS = 25;
/** The portal offers again what waits here; asked no faster than this then. */
const ASK_AGAIN_MS = 2_000;
const KEEP_MS = 90 * 24 * 3_600_000;

export type ReturnOptions = Pick<Tools, "dir" | "callingAeTitle">;

/**
 * Brings results back into the hospital: takes from the portal what waits, hands each to the deliverer of its kind, and tries again each time
 * the portal offers it, until the receiver answers success. That answer is made durable before the portal is told, so that after a crash it is
 * reported again and not delivered again. A kind that this release does not know is answered with a failure, so that somebody hears of it.
 */
export class ResultReturner {
  readonly store: DeliveryStore;
  readonly #portal: Portal;
  readonly #calls: DeliveryCalls;
  readonly #options: ReturnOptions;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  #wakeUp: (() => void) | null = null;
  #reportAfter = 0;
  #running: Promise<unknown> = Promise.resolve();

  constructor({ db, writes }: OwnRows, portal: Portal, options: ReturnOptions, log: Logger) {
    this.store = new DeliveryStore(db, writes);
    this.#portal = portal;
    this.#calls = new DeliveryCalls(portal);
    this.#options = options;
    this.#log = log;
  }

  start(): void {
    this.store.forget(Date.now() - KEEP_MS);
    this.#clearDownloads();
    this.#running = Promise.all([this.#poll(), this.#deliver()]);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wakeUp?.();
    await this.#running;
  }

  /** Asks the portal for what is to be returned, for ever. */
  async #poll(): Promise<void> {
    const { signal } = this.#abort;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const deliveries = await this.#calls.list(LONG_POLL_SECONDS, signal);
        failures = 0;
        const fresh = this.store.note(deliveries, Date.now());
        if (fresh > 0) this.#log.info({ count: fresh }, "results to return");
        this.#wakeUp?.();
        if (fresh === 0) await pause(ASK_AGAIN_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof PortalError)) {
          await this.#onDiskFault(error);
          continue;
        }
        if (error.kind === "revoked") return;
        await pause(error.retryAfterMs ?? backoffMs(++failures), signal);
      }
    }
  }

  async #deliver(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#reportAll();
        for (const row of this.store.due(Date.now())) if (!signal.aborted) await this.#deliverOne(row);
      } catch (error) {
        await this.#onDiskFault(error);
      }
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.#wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wakeUp = null;
    }
  }

  async #deliverOne(row: DeliveryRow): Promise<void> {
    const { deliveryId, kind } = row.offer;
    const { signal } = this.#abort;
    const deliverer = deliverers.get(kind);
    if (!deliverer) return this.#postpone(row, failure("kind-unknown", { kind }));
    const offer = deliverer.offer.safeParse(row.offer);
    if (!offer.success) return this.#postpone(row, failure("offer-not-understood", { kind }));
    let done: DeliveryRow | null = null;
    const accepted: Tools["accepted"] = (receipt) => {
      const deliveredAt = Date.now();
      this.store.delivered(deliveryId, receipt, deliveredAt);
      done = { ...row, state: "delivered", receipt, deliveredAt };
    };
    const { dir, callingAeTitle } = this.#options;
    try {
      await deliverer.deliver(offer.data, {
        portal: this.#portal,
        dir,
        callingAeTitle,
        accepted,
        log: this.#log,
        signal,
      });
    } catch (error) {
      const why = failureOf(error);
      if (!why) throw error;
      if (!done) return signal.aborted ? undefined : this.#postpone(row, why);
    }
    if (done) await this.#report(done);
    else await this.#postpone(row, failure("unknown"));
  }

  /** Our own disk does not answer: all that happened is known still, and goes on when it does. */
  async #onDiskFault(error: unknown): Promise<void> {
    if (!isDiskFault(error)) throw error;
    this.#log.warn({ fault: faultCode(error) }, "the disk does not answer, results wait");
    await pause(ASK_AGAIN_MS, this.#abort.signal);
  }

  async #postpone(row: DeliveryRow, why: DeliveryFailure): Promise<void> {
    const { deliveryId, kind } = row.offer;
    const reason = reasonOf(why);
    const waitMs = backoffMs(row.attempts + 1);
    this.store.waitUntil(deliveryId, Date.now() + waitMs, reason);
    this.#log.warn({ deliveryId, kind, reason, waitMs }, "result waits");
    const outcome = { status: "waiting" as const, failure: why, at: new Date().toISOString() };
    if (await this.#calls.tell(deliveryId, outcome, this.#abort.signal)) this.store.giveBack(deliveryId);
  }

  /** What the portal could not be told when it happened. */
  async #reportAll(): Promise<void> {
    if (Date.now() < this.#reportAfter) return;
    for (const row of this.store.unreported()) {
      if (await this.#report(row)) continue;
      this.#reportAfter = Date.now() + backoffMs(4);
      return;
    }
  }

  async #report({ offer: { deliveryId }, receipt, deliveredAt }: DeliveryRow): Promise<boolean> {
    const at = new Date(deliveredAt ?? Date.now()).toISOString();
    const told = await this.#calls.tell(deliveryId, { status: "delivered", receipt, at }, this.#abort.signal);
    if (told) this.store.reported(deliveryId);
    return told;
  }

  /** Removes what a crash left of downloads that nobody needs any more. */
  #clearDownloads(): void {
    mkdirSync(this.#options.dir, { recursive: true, mode: 0o700 });
    const needed = new Set(this.store.waitingIds().map((id) => `${id}.dcm`));
    for (const name of readdirSync(this.#options.dir))
      if (!needed.has(name)) rmSync(path.join(this.#options.dir, name), { force: true });
  }
}

/** Why a deliverer did not deliver; null: that is a fault of ours, and ends the program. */
function failureOf(error: unknown): DeliveryFailure | null {
  if (error instanceof NotDelivered) return error.failure;
  if (error instanceof ScuError || error instanceof PortalError) return failureOfReason(error.message);
  return isDiskFault(error) ? failure("edge-disk") : null;
}

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { DeliveryList, type DeliveryOutcome } from "@overread/shared/edge-contract/v1";
import { z } from "zod";
import { backoffMs, pause } from "../backoff.ts";
import { type Portal, PortalError } from "../control/portal.ts";
import { ScuError } from "../dimse/requestor.ts";
import { openStoreAssociation } from "../dimse/scu/storage.ts";
import type { Logger } from "../log.ts";
import { faultCode, isDiskFault } from "../spool/disk-fault.ts";
import type { OwnRows } from "../spool/faces.ts";
import { type DeliveryRow, DeliveryStore } from "./delivery-store.ts";
import { download } from "./download.ts";

const LONG_POLL_SECONDS = 25;
/** The portal offers again what waits here; asked no faster than this then. */
const ASK_AGAIN_MS = 2_000;
const KEEP_MS = 90 * 24 * 3_600_000;

export interface ReturnOptions {
  dir: string;
  callingAeTitle: string;
}

/**
 * Brings results back into the hospital's own PACS: fetches them from the portal, stores them by C-STORE, and
 * tries again each time the portal offers them, until the PACS answers success. That answer is made durable before the portal is told, so that
 * after a crash the object is reported again and not stored again.
 */
export class ResultReturner {
  readonly store: DeliveryStore;
  readonly #portal: Portal;
  readonly #options: ReturnOptions;
  readonly #log: Logger;
  readonly #abort = new AbortController();
  #wakeUp: (() => void) | null = null;
  #reportAfter = 0;
  #running: Promise<unknown> = Promise.resolve();

  constructor({ db, writes }: OwnRows, portal: Portal, options: ReturnOptions, log: Logger) {
    this.store = new DeliveryStore(db, writes);
    this.#portal = portal;
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
        const { deliveries } = await this.#portal.call(
          DeliveryList,
          "GET",
          `/deliveries?waitSeconds=${LONG_POLL_SECONDS}`,
          undefined,
          { signal, answerMs: (LONG_POLL_SECONDS + 30) * 1_000 },
        );
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
    const { offer } = row;
    const { deliveryId, destination } = offer;
    try {
      const path = await download(this.#portal, this.#options.dir, offer, this.#abort.signal);
      const association = await openStoreAssociation({
        host: destination.host,
        port: destination.port,
        calledAeTitle: destination.aeTitle,
        callingAeTitle: this.#options.callingAeTitle,
        files: [offer],
      });
      const status = await association.store({ ...offer, path }).catch((error: unknown) => {
        association.abort();
        throw error;
      });
      const isStored = status === 0 || (status & 0xf000) === 0xb000;
      // Before anything else, so that no crash comes between the PACS's word and ours.
      if (isStored) this.store.delivered(deliveryId, status, Date.now());
      await association.release();
      if (!isStored) {
        await this.#postpone(row, `status-${status.toString(16).padStart(4, "0")}`, status);
        return;
      }
      rmSync(path, { force: true });
      this.#log.info({ deliveryId, sopInstanceUid: offer.sopInstanceUid, status }, "result is in the local PACS");
      await this.#report({ ...row, state: "delivered", dimseStatus: status, deliveredAt: Date.now() });
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      const isTheirs = error instanceof ScuError || error instanceof PortalError;
      if (!isTheirs && !isDiskFault(error)) throw error;
      await this.#postpone(row, isTheirs ? error.message.slice(0, 80) : "edge-disk", undefined);
    }
  }

  /** Our own disk does not answer: all that happened is known still, and goes on when it does. */
  async #onDiskFault(error: unknown): Promise<void> {
    if (!isDiskFault(error)) throw error;
    this.#log.warn({ fault: faultCode(error) }, "the disk does not answer, results wait");
    await pause(ASK_AGAIN_MS, this.#abort.signal);
  }

  async #postpone(row: DeliveryRow, reason: string, dimseStatus: number | undefined): Promise<void> {
    const { deliveryId } = row.offer;
    const waitMs = backoffMs(row.attempts + 1);
    this.store.waitUntil(deliveryId, Date.now() + waitMs, reason);
    this.#log.warn({ deliveryId, reason, waitMs }, "result waits for the local PACS");
    const told = await this.#outcome(deliveryId, {
      status: "waiting",
      reason,
      ...(dimseStatus === undefined ? {} : { dimseStatus }),
      at: new Date().toISOString(),
    });
    if (told) this.store.giveBack(deliveryId);
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

  async #report(row: DeliveryRow): Promise<boolean> {
    const told = await this.#outcome(row.offer.deliveryId, {
      status: "delivered",
      dimseStatus: row.dimseStatus ?? 0,
      at: new Date(row.deliveredAt ?? Date.now()).toISOString(),
    });
    if (told) this.store.reported(row.offer.deliveryId);
    return told;
  }

  /** Removes what a crash left of downloads that nobody needs any more. */
  #clearDownloads(): void {
    mkdirSync(this.#options.dir, { recursive: true, mode: 0o700 });
    const needed = new Set(this.store.waitingIds().map((id) => `${id}.dcm`));
    for (const name of readdirSync(this.#options.dir))
      if (!needed.has(name)) rmSync(path.join(this.#options.dir, name), { force: true });
  }

  /** @returns whether the portal knows now; if not it is told again later. */
  async #outcome(deliveryId: string, outcome: DeliveryOutcome): Promise<boolean> {
    try {
      const { signal } = this.#abort;
      await this.#portal.call(z.unknown(), "POST", `/deliveries/${deliveryId}/outcome`, outcome, { signal });
      return true;
    } catch (error) {
      if (!(error instanceof PortalError)) throw error;
      // The portal no longer knows the delivery: there is nobody to tell.
      return error.status === 404;
    }
  }
}

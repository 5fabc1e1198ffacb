import type { DatabaseListener } from "#server/db/listener.ts";
import { type LiveEvent, liveChannel } from "./publish.ts";

/** What the clients of one organisation are told; `resync`: announcements may have been missed, fetch again. */
export type LiveListener = (event: Omit<LiveEvent, "orgIds"> | { topic: "resync" }) => void;

/**
 * Receives announcements on the process's LISTEN connection and distributes them by organisation. While Postgres is
 * unavailable listeners stay registered; when the connection is back they are told to fetch again.
 */
export class LiveSubscriber {
  readonly #listeners = new Map<string, Set<LiveListener>>();

  /** @param listener the process's LISTEN connection, not started yet. */
  constructor(listener: DatabaseListener) {
    listener.on(
      liveChannel,
      (message) => this.#dispatch(message),
      () => this.#tellAll({ topic: "resync" }),
    );
  }

  /** @returns unsubscribes. */
  listen(orgId: string, listener: LiveListener): () => void {
    const listeners = this.#listeners.get(orgId) ?? new Set();
    this.#listeners.set(orgId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(orgId) === listeners) this.#listeners.delete(orgId);
    };
  }

  /** Resolves at the next announcement for the organisation, at the latest after `timeoutMs`. */
  next(orgId: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      const stop = this.listen(orgId, done);
      signal?.addEventListener("abort", done, { once: true });
      if (signal?.aborted) done();
    });
  }

  #dispatch(message: string): void {
    let event: LiveEvent;
    try {
      event = JSON.parse(message) as LiveEvent;
    } catch {
      this.#tellAll({ topic: "resync" });
      return;
    }
    const { orgIds, ...told } = event;
    for (const orgId of new Set(orgIds)) for (const listener of [...(this.#listeners.get(orgId) ?? [])]) listener(told);
  }

  #tellAll(event: { topic: "resync" }): void {
    for (const listeners of this.#listeners.values()) for (const listener of [...listeners]) listener(event);
  }
}

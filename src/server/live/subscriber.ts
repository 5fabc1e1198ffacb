import { createClient } from "redis";
import { config } from "#server/config.ts";
import type { Log } from "#server/log.ts";
import { type LiveEvent, liveChannel } from "./publish.ts";

/** What the clients of one organisation are told; `resync`: announcements may have been missed, fetch again. */
export type LiveListener = (event: Omit<LiveEvent, "orgIds"> | { topic: "resync" }) => void;

/**
 * One Redis subscription per process, distributed by organisation. While Redis is unavailable listeners stay
 * registered; when it is back they are told to fetch again.
 */
export class LiveSubscriber {
  readonly #client;
  readonly #listeners = new Map<string, Set<LiveListener>>();
  #wasReady = false;
  #closed = false;

  constructor(log: Log) {
    this.#client = createClient({
      url: config().redis.url,
      // Detects a connection that died silently.
      pingInterval: 10_000,
      socket: { reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, 2000), connectTimeout: 3000 },
    });
    let told = false;
    this.#client.on("error", (error: Error) => {
      if (!told) log.warn({ name: error.name }, "Redis is away; live updates pause");
      told = true;
    });
    this.#client.on("ready", () => {
      told = false;
      // Every time but the first, so that listeners catch up after an outage.
      if (this.#wasReady) this.#tellAll({ topic: "resync" });
      this.#wasReady = true;
    });
  }

  /** Connects now or whenever Redis is available. Does not wait, does not fail. */
  start(): void {
    void this.#client
      .connect()
      .then(() => this.#client.subscribe(liveChannel, (message) => this.#dispatch(message)))
      .catch(() => {});
  }

  get connected(): boolean {
    return this.#client.isReady;
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

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.destroy();
  }

  #dispatch(message: string): void {
    let event: LiveEvent;
    try {
      event = JSON.parse(message) as LiveEvent;
    } catch {
      return;
    }
    // The relay was disconnected: what was announced meanwhile is unknown.
    if ((event.topic as string) === "resync") this.#tellAll({ topic: "resync" });
    const { orgIds, ...told } = event;
    if (!Array.isArray(orgIds)) return;
    for (const orgId of new Set(orgIds)) for (const listener of [...(this.#listeners.get(orgId) ?? [])]) listener(told);
  }

  #tellAll(event: { topic: "resync" }): void {
    for (const listeners of this.#listeners.values()) for (const listener of [...listeners]) listener(event);
  }
}

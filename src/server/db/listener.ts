import pg from "pg";
import { config } from "#server/config.ts";
import type { Log } from "#server/log.ts";
import type { DbRole } from "./roles.ts";

type Handler = { heard: (payload: string) => void; missed: () => void };

/** The connection's application_name. */
export const listenerName = "overread-listener";
/** How often a silent connection is probed: one that died unnoticed would never receive anything. */
const pingMs = 10_000;

/**
 * One connection per process for LISTEN/NOTIFY, shared by everything in the process. It reconnects for ever;
 * notifications sent meanwhile are lost, so listeners are told that something may have been missed.
 */
export class DatabaseListener {
  readonly #role: DbRole;
  readonly #log: Log;
  readonly #hearers = new Map<string, Handler[]>();
  #client: pg.Client | undefined;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(role: DbRole, log: Log) {
    this.#role = role;
    this.#log = log;
  }

  /**
   * Listens on a channel; to be called before {@link start}.
   *
   * @param heard called with each payload.
   * @param missed called after every (re)connect, the first included: something may have been sent before.
   */
  on(channel: string, heard: (payload: string) => void, missed: () => void): void {
    const handlers = this.#hearers.get(channel) ?? [];
    this.#hearers.set(channel, [...handlers, { heard, missed }]);
  }

  /** Connects now or whenever Postgres is available. Does not wait, does not fail. */
  start(): void {
    void this.#keepListening();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    await this.#client?.end().catch(() => {});
  }

  async #keepListening(): Promise<void> {
    for (let failures = 0; !this.#closed; failures++) {
      const client = new pg.Client({
        connectionString: config().database.roleUrl(this.#role),
        // Distinguishes it from the pools' connections.
        application_name: listenerName,
        keepAlive: true,
        connectionTimeoutMillis: 10_000,
        query_timeout: pingMs,
      });
      this.#client = client;
      const ended = new Promise<void>((resolve) => {
        client.once("end", resolve);
        client.once("error", () => resolve());
      });
      client.on("error", () => {});
      client.on("notification", ({ channel, payload }) => {
        for (const { heard } of this.#hearers.get(channel) ?? [])
          try {
            heard(payload ?? "");
          } catch (error) {
            // Another release may say it otherwise: one that is not understood must not end the process, and every one beside it.
            this.#log.warn({ err: error, channel }, "a notification is not understood");
          }
      });
      let pinging: NodeJS.Timeout | undefined;
      try {
        await client.connect();
        await client.query([...this.#hearers.keys()].map((channel) => `LISTEN ${channel}`).join("; "));
        failures = 0;
        for (const { missed } of [...this.#hearers.values()].flat()) missed();
        const deaf = new Promise<void>((resolve) => {
          pinging = setInterval(() => client.query("SELECT 1").catch(() => resolve()), pingMs);
        });
        await Promise.race([ended, deaf]);
      } catch (error) {
        if (!this.#closed) this.#log.warn({ err: error }, "postgres is away; nothing is heard");
      }
      clearInterval(pinging);
      // Does not wait for a dead peer.
      void client.end().catch(() => {});
      if (!this.#closed) await this.#pause(Math.min(100 * 2 ** failures, 2_000));
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

import { randomUUID } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { config } from "#server/config.ts";
import type { Actor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import type { DatabaseListener } from "#server/db/listener.ts";

/** Unused units are saved up for this many seconds. */
const burstSeconds = 60;

type Bucket = { units: number; at: number };

/**
 * A token bucket per caller. A unit is one frame read from the disk. Several front doors exchange what was spent
 * ({@link takeSpent}, {@link charge}), so that together they give one allowance.
 */
export class Allowances {
  readonly #perSecond: number;
  readonly #most: number;
  readonly #buckets = new Map<string, Bucket>();
  #spent = new Map<string, number>();
  constructor(unitsPerSecond: number) {
    this.#perSecond = unitsPerSecond;
    this.#most = unitsPerSecond * burstSeconds;
  }

  /**
   * @param now milliseconds of a monotonic clock.
   * @throws {DomainError} `request.rate-limited` with `retryAfterSeconds`. A cost larger than the bucket is allowed
   * when the bucket is full.
   */
  spend(caller: string, cost: number, now: number): void {
    const units = this.#unitsOf(caller, now);
    const needed = Math.min(cost, this.#most);
    if (units < needed) {
      this.#buckets.set(caller, { units, at: now });
      const retryAfterSeconds = Math.max(1, Math.ceil((needed - units) / this.#perSecond));
      throw new DomainError("request.rate-limited", { details: { retryAfterSeconds } });
    }
    // After a minute without requests a bucket is full again, so it can be dropped.
    if (this.#buckets.size > 10_000)
      for (const [name, { units, at }] of this.#buckets)
        if (units + ((now - at) / 1000) * this.#perSecond >= this.#most) this.#buckets.delete(name);
    this.#buckets.set(caller, { units: units - needed, at: now });
    this.#spent.set(caller, (this.#spent.get(caller) ?? 0) + needed);
  }

  /** What was spent here since the last call. */
  takeSpent(): Map<string, number> {
    const spent = this.#spent;
    this.#spent = new Map();
    return spent;
  }

  /** Deducts what was spent elsewhere. A balance may become negative, by a minute's units at most. */
  charge(caller: string, cost: number, now: number): void {
    const units = Math.max(-this.#most, this.#unitsOf(caller, now) - cost);
    this.#buckets.set(caller, { units, at: now });
  }

  #unitsOf(caller: string, now: number): number {
    const known = this.#buckets.get(caller);
    return known ? Math.min(this.#most, known.units + ((now - known.at) / 1000) * this.#perSecond) : this.#most;
  }
}

let allowances: Allowances | undefined;

/**
 * Charges a request to the person or program. In this process's memory, exchanged with others twice a second: no
 * request waits for a database.
 *
 * @throws {DomainError} `request.rate-limited` with `retryAfterSeconds`
 */
export function spend(actor: Actor, cost: number): void {
  const { unitsPerSecond } = config().dicomweb;
  if (unitsPerSecond === 0 || cost === 0 || actor.kind === "system") return;
  allowances ??= new Allowances(unitsPerSecond);
  allowances.spend(actor.kind === "user" ? `user/${actor.userId}` : `token/${actor.tokenId}`, cost, performance.now());
}

const channel = "overread_spent";
const shareIntervalMs = 500;
/** Callers per message: a Postgres notification is limited to 8,000 bytes. */
const callersPerMessage = 100;

/**
 * Exchanges with other front doors what was spent. A lost message, or an unreachable door, gives a caller that much
 * more, once.
 */
export function shareAllowances(listener: DatabaseListener): { start(): void; close(): void } {
  const self = randomUUID();
  listener.on(
    channel,
    (payload) => {
      const { door, spent } = JSON.parse(payload) as { door: string; spent: Record<string, number> };
      if (door === self) return;
      allowances ??= new Allowances(config().dicomweb.unitsPerSecond);
      for (const [caller, cost] of Object.entries(spent)) allowances.charge(caller, cost, performance.now());
    },
    () => {},
  );
  const tell = async (): Promise<void> => {
    const spent = [...(allowances?.takeSpent() ?? [])];
    for (let at = 0; at < spent.length; at += callersPerMessage) {
      const message = { door: self, spent: Object.fromEntries(spent.slice(at, at + callersPerMessage)) };
      await pool("overread_auth").query("SELECT pg_notify($1, $2)", [channel, JSON.stringify(message)]);
    }
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    start() {
      timer = setInterval(() => void tell().catch(() => {}), shareIntervalMs);
    },
    close: () => clearInterval(timer),
  };
}

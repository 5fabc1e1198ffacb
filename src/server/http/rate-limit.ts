import { randomUUID } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import { config } from "#server/config.ts";
import type { Actor } from "#server/context.ts";
import { pool } from "#server/db/clients.ts";
import type { DatabaseListener } from "#server/db/listener.ts";

/** Seconds of allowance that add up while nothing is asked. */
const burstSeconds = 60;

type Bucket = { units: number; at: number };

/**
 * What each caller has left: so many units a second, saved up for a minute. A unit is one frame read from the disk. Several front doors
 * tell each other what was spent ({@link takeSpent}, {@link charge}), so that they give out one allowance together.
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
   * @param now milliseconds of a clock that only goes forward.
   * @throws {DomainError} `request.rate-limited` with `retryAfterSeconds`. A cost larger than all that can be saved up is let
   *   through when everything is there.
   */
  spend(caller: string, cost: number, now: number): void {
    const units = this.#unitsOf(caller, now);
    const needed = Math.min(cost, this.#most);
    if (units < needed) {
      this.#buckets.set(caller, { units, at: now });
      const retryAfterSeconds = Math.max(1, Math.ceil((needed - units) / this.#perSecond));
      throw new DomainError("request.rate-limited", { details: { retryAfterSeconds } });
    }
    // After a minute of silence a bucket is full again, as if it had never been.
    if (this.#buckets.size > 10_000)
      for (const [name, { units, at }] of this.#buckets)
        if (units + ((now - at) / 1000) * this.#perSecond >= this.#most) this.#buckets.delete(name);
    this.#buckets.set(caller, { units: units - needed, at: now });
    this.#spent.set(caller, (this.#spent.get(caller) ?? 0) + needed);
  }

  /** What was spent here since this was last asked. */
  takeSpent(): Map<string, number> {
    const spent = this.#spent;
    this.#spent = new Map();
    return spent;
  }

  /** What was spent elsewhere. It may be more than is left here: then it is owed, at most a minute's worth. */
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
 * Takes a request's cost from what the person or program has left. In the memory of this process, which tells the others twice a second:
 * nobody waits for a database to be told that they may read.
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
/** Callers of one message: Postgres takes less than 8,000 bytes. */
const callersPerMessage = 100;

/**
 * Tells other front doors what was spent at this one, and hears what was spent there. A message that is lost, or a door that is
 * away, gives a caller that much more, once.
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

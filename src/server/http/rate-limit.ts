import { DomainError } from "@overread/shared/errors";
import { config } from "#server/config.ts";
import type { Actor } from "#server/context.ts";

/** Seconds of allowance that add up while nothing is asked. */
const burstSeconds = 60;

type Bucket = { units: number; at: number };

/** What each caller has left: so many units a second, saved up for a minute. A unit is one frame read from the disk. */
export class Allowances {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();
  constructor(unitsPerSecond: number) {
    this.#perSecond = unitsPerSecond;
  }

  /**
   * @param now milliseconds of a clock that only goes forward.
   * @throws {DomainError} `request.rate-limited` with `retryAfterSeconds`. A cost larger than all that can be saved up is let
   *   through when everything is there.
   */
  spend(caller: string, cost: number, now: number): void {
    const most = this.#perSecond * burstSeconds;
    const known = this.#buckets.get(caller);
    const units = known ? Math.min(most, known.units + ((now - known.at) / 1000) * this.#perSecond) : most;
    const needed = Math.min(cost, most);
    if (units < needed) {
      this.#buckets.set(caller, { units, at: now });
      const retryAfterSeconds = Math.max(1, Math.ceil((needed - units) / this.#perSecond));
      throw new DomainError("request.rate-limited", { details: { retryAfterSeconds } });
    }
    // After a minute of silence a bucket is full again, as if it had never been.
    if (this.#buckets.size > 10_000)
      for (const [name, { at }] of this.#buckets) if (now - at > burstSeconds * 1000) this.#buckets.delete(name);
    this.#buckets.set(caller, { units: units - needed, at: now });
  }
}

let allowances: Allowances | undefined;

/**
 * Takes a request's cost from what the person or program has left. In the memory of this process: a restart forgives, and
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

import { DomainError } from "@overread/shared/errors";
import { config } from "#server/config.ts";
import type { Actor } from "#server/context.ts";

/**
 * What a request costs, in units of one frame read from the disk. A viewer that loads ten thousand frames of a study spends a
 * twelfth of what it has at once; a program in an endless loop of searches is slowed down.
 */
const costs: Record<string, number> = {
  "search-studies": 10,
  "search-series": 10,
  "search-instances": 10,
  "search-study-series": 5,
  "search-study-instances": 5,
  "search-series-instances": 5,
  "retrieve-study": 50,
  "retrieve-series": 20,
  "retrieve-instance": 1,
  "metadata-study": 10,
  "metadata-series": 5,
  "metadata-instance": 1,
  frames: 1,
  bulkdata: 1,
  // Decoded and drawn here.
  "rendered-instance": 10,
  "rendered-frame": 10,
  "thumbnail-study": 10,
  "thumbnail-series": 10,
  "thumbnail-instance": 10,
  "thumbnail-frame": 10,
  // Images that arrive are never turned away: their sender would only have to send them again.
  store: 0,
  "store-study": 0,
};
/** Seconds of allowance that add up while nothing is asked. */
const burstSeconds = 60;

/** @param frames the frame list of the address, when there is one: `1,2,3` is three. */
export function costOf(route: string, frames = ""): number {
  return (costs[route] ?? 10) * (frames === "" ? 1 : frames.split(",").length);
}

type Bucket = { units: number; at: number };

/** What each caller has left: so many units a second, saved up for a minute. */
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

export const tallyBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;

export type Tally = { byStatus: Map<string, number>; buckets: number[]; sum: number; count: number };

/**
 * Counts of answered requests of this process by protocol. Neither a URL nor any part of it: both may identify a
 * patient.
 */
export class Tallies {
  readonly #byProtocol = new Map<string, Tally>();

  /** Starts the counters of a protocol at zero, so that they are reported before its first request. */
  open(protocol: string): void {
    this.#byProtocol.set(protocol, {
      byStatus: new Map(),
      buckets: tallyBuckets.map(() => 0),
      sum: 0,
      count: 0,
    });
  }

  /** Counts one answered request. */
  observe(protocol: string, status: number, seconds: number): void {
    const tally = this.#byProtocol.get(protocol);
    if (!tally) return;
    const family = `${Math.floor(status / 100)}xx`;
    tally.byStatus.set(family, (tally.byStatus.get(family) ?? 0) + 1);
    tally.sum += seconds;
    tally.count += 1;
    tallyBuckets.forEach((limit, i) => {
      if (seconds <= limit) tally.buckets[i]! += 1;
    });
  }

  entries(): [string, Tally][] {
    return [...this.#byProtocol];
  }
}

/** What waits longer than this is forwarded at full rate, whatever comes in. */
const longestWaitMs = 5_000;
/** While much comes in a request is followed by a pause of this many times its length. */
const pauseFactor = 9;
/** How many studies are remembered as begun; a study forgotten is only begun once more. */
const mostStudies = 1_000;

/** Beside a modality that sends as fast as it can only this many objects go at once. */
export const yieldingInstances = 4;

/**
 * When to leave the machine to the modalities: while much comes in, one small request at a time with pauses. The
 * first objects of a study never wait, and nothing waits longer than a few seconds.
 */
export class Pace {
  /** Studies of which nothing has been sent yet. */
  readonly #fresh = new Set<string>();
  readonly #begun = new Set<string>();
  /** Since when something has waited behind what comes in; null when nothing yields. */
  #yieldingSince: number | null = null;
  #notBefore = 0;

  /** Something of these studies waits now. */
  stored(studyInstanceUids: Iterable<string>): void {
    for (const uid of studyInstanceUids) if (!this.#begun.has(uid)) this.#fresh.add(uid);
  }

  /** @returns `full`; or one more request: `first` of a study only, or `paced`; or `wait`. */
  leave(isFast: boolean, running: number, now: number): "full" | "first" | "paced" | "wait" {
    if (!isFast) {
      this.#yieldingSince = null;
      return "full";
    }
    this.#yieldingSince ??= now;
    if (now - this.#yieldingSince > longestWaitMs) return "full";
    if (running > 0) return "wait";
    if (this.#fresh.size > 0) return "first";
    return now >= this.#notBefore ? "paced" : "wait";
  }

  isFresh(studyInstanceUid: string): boolean {
    return this.#fresh.has(studyInstanceUid);
  }

  /** Nothing that waits is of a study that was not begun. */
  noneFresh(): void {
    this.#fresh.clear();
  }

  /** Objects of the study are on their way. */
  begin(studyInstanceUid: string): void {
    this.#fresh.delete(studyInstanceUid);
    this.#begun.delete(studyInstanceUid);
    this.#begun.add(studyInstanceUid);
    if (this.#begun.size > mostStudies) this.#begun.delete(this.#begun.values().next().value!);
  }

  /** A request took so long. */
  ended(tookMs: number, now: number): void {
    this.#notBefore = now + pauseFactor * tookMs;
  }
}

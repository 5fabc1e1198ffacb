/** The time looked back at. */
const windowMs = 500;
/** A modality that is faster than this notices what else the machine does: about 30 CT slices a second. */
const fastBytesPerSecond = 16 * 1024 * 1024;
/** Nothing for this long is quiet, however much came before. */
const quietMs = 400;

/** How much comes in from the modalities now. */
export class Inflow {
  #now = 0;
  #before = 0;
  #windowAt = 0;
  #lastAt = 0;

  note(bytes: number, at: number): void {
    this.#turn(at);
    this.#now += bytes;
    this.#lastAt = at;
  }

  isFast(at: number): boolean {
    if (at - this.#lastAt > quietMs) return false;
    this.#turn(at);
    return (this.#now + this.#before) * 1_000 > fastBytesPerSecond * windowMs;
  }

  #turn(at: number): void {
    const windows = Math.floor((at - this.#windowAt) / windowMs);
    if (windows === 0) return;
    this.#before = windows === 1 ? this.#now : 0;
    this.#now = 0;
    this.#windowAt += windows * windowMs;
  }
}

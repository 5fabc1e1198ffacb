import { fstatSync, rmSync } from "node:fs";
import path from "node:path";
import { isFull } from "./disk-fault.ts";
import { closeFd, createSegment, dataSync, type Segment, writeAll } from "./segment-file.ts";

export type SpareOptions = {
  dir: string;
  segmentBytes: number;
  /** How many drained segments are kept for use again: writing over allocated blocks is twice as fast. */
  keepSpares: number;
  /** Whether the disk is large enough to have that many made beforehand. */
  mayPreallocate(count: number): boolean;
  /** A write or sync failed for another reason than a full disk: what is on the disk is unknown, the process must end. */
  onFatal(error: unknown): never;
};

/** Empty segments that wait to be written to, those with blocks first. */
export class SpareSegments {
  readonly #options: SpareOptions;
  readonly #dirFd: number;
  readonly #spares: Segment[] = [];
  #refilling: Promise<void> | null = null;
  #preallocating: Promise<void> | null = null;
  #closed = false;

  constructor(options: SpareOptions, dirFd: number) {
    this.#options = options;
    this.#dirFd = dirFd;
  }

  get count(): number {
    return this.#spares.length;
  }
  /** The one that is taken next has its blocks. */
  get isAllocated(): boolean {
    return this.#spares[0]?.allocated ?? false;
  }

  take(): Segment | undefined {
    return this.#spares.shift();
  }

  put(segment: Segment): void {
    if (segment.allocated) this.#spares.unshift(segment);
    else this.#spares.push(segment);
  }

  /** Keeps one spare at hand, so that no sender waits for a file to be made. */
  refill(): void {
    if (this.#refilling || this.#closed || this.#spares.length > 0) return;
    this.#refilling = createSegment(this.#options.dir, this.#dirFd)
      .then(
        (segment) => void this.#spares.push(segment),
        () => undefined, // a full disk: the next rotation tries again and says so
      )
      .finally(() => {
        this.#refilling = null;
      });
  }

  /**
   * Makes spares with their blocks allocated, as long as nothing is received.
   *
   * @param isIdle asked all the time.
   * @param onEach called before each one, when the journal may want to change to one that is ready.
   */
  preallocate(isIdle: () => boolean, onEach: () => void): void {
    const mayGoOn = (): boolean => !this.#closed && isIdle();
    if (this.#preallocating || !mayGoOn()) return;
    this.#preallocating = this.#allocate(mayGoOn, onEach).finally(() => {
      this.#preallocating = null;
    });
  }

  async #allocate(mayGoOn: () => boolean, onEach: () => void): Promise<void> {
    for (;;) {
      onEach();
      const ready = this.#spares.filter(({ allocated }) => allocated).length;
      if (ready >= this.#options.keepSpares || !mayGoOn() || !this.#options.mayPreallocate(ready + 1)) return;
      if (!(await this.#allocateOne(mayGoOn))) return;
    }
  }

  /** @returns false when it was interrupted. */
  async #allocateOne(mayGoOn: () => boolean): Promise<boolean> {
    const zeros = Buffer.alloc(1024 * 1024);
    const at = this.#spares.findIndex(({ allocated }) => !allocated);
    let [segment] = at < 0 ? [] : this.#spares.splice(at, 1);
    try {
      segment ??= await createSegment(this.#options.dir, this.#dirFd);
      // What an earlier attempt has made, or an earlier use of the file, need not be made again.
      let position = Math.max(segment.end, fstatSync(segment.fd).size);
      while (position < this.#options.segmentBytes && mayGoOn()) {
        await writeAll(segment.fd, [zeros], position);
        await dataSync(segment.fd);
        position += zeros.length;
      }
      segment.allocated = position >= this.#options.segmentBytes;
      this.put(segment);
      return segment.allocated;
    } catch (error) {
      if (!isFull(error)) this.#options.onFatal(error);
      // Nothing that was acknowledged is in it: its room is worth more than it.
      if (segment) await this.discard(segment);
      return false;
    }
  }

  /** Gives all spares back: the disk is short of room. */
  async discardAll(): Promise<void> {
    for (const spare of this.#spares.splice(0)) await this.discard(spare);
  }

  /** Closes and removes a segment of which nothing is needed. */
  async discard({ name, fd }: Pick<Segment, "name" | "fd">): Promise<void> {
    await closeFd(fd).catch(() => undefined);
    rmSync(path.join(this.#options.dir, name), { force: true });
  }

  /** Makes no more of them. */
  async stop(): Promise<void> {
    this.#closed = true;
    await this.#preallocating;
  }

  async close(): Promise<void> {
    await this.stop();
    // A file that is being made would be found half made by the next start.
    await this.#refilling;
    for (const { fd } of this.#spares) await closeFd(fd);
  }
}

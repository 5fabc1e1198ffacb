import { constants, readdirSync, rmSync, unlinkSync } from "node:fs";
import { open as openFile, rename } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "@overread/shared/errors";
import { isFull } from "./disk-fault.ts";
import { type FoundRecord, type Location, scan } from "./journal-scan.ts";
import { encodeFrame, pageBytes, type RecordMeta } from "./segment.ts";
import {
  beginSegment,
  closeFd,
  createSegment,
  cutAt,
  dataSync,
  isAllocated,
  openFd,
  type Segment,
  segmentName,
  sync,
  writeAll,
} from "./segment-file.ts";
import { type SpareOptions, SpareSegments } from "./spare-segments.ts";

/** One write and one sync serve at most this much; enough to share, short enough to answer soon. */
const maxBatchBytes = 16 * 1024 * 1024;

type Append = {
  meta: RecordMeta;
  body: Buffer[];
  bodyBytes: number;
  resolve(location: Location): void;
  reject(error: unknown): void;
};

export type JournalOptions = SpareOptions;

/**
 * The append-only log that makes objects durable.
 *
 * Everything that waits is written with one `pwritev` and made durable by one `fdatasync`, in order, and only
 * then are the senders told (group commit). Since a batch begins only after the one before it is durable,
 * whatever was acknowledged is always found by reading from the start.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #dirFd: number;
  #active: Segment;
  readonly #spares: SpareSegments;
  /** Full segments, by name: nothing is written to them any more. */
  readonly sealed: Set<string>;
  #pending: Append[] = [];
  #running: Promise<void> | null = null;
  #lastAppendAt = Date.now();

  private constructor(options: JournalOptions, dirFd: number, active: Segment, sealed: string[]) {
    this.sealed = new Set(sealed);
    this.#spares = new SpareSegments(options, dirFd);
    this.#options = options;
    this.#dirFd = dirFd;
    this.#active = active;
  }

  /**
   * Opens the log and reads what is in it.
   *
   * @returns `found`: every record in it, whether its object is still needed or not.
   */
  static async open(options: JournalOptions): Promise<{ journal: Journal; found: FoundRecord[] }> {
    const dirFd = await openFd(options.dir, constants.O_RDONLY);
    const found: FoundRecord[] = [];
    const scanned: (Segment & { records: number })[] = [];
    for (const name of readdirSync(options.dir).sort()) {
      const file = path.join(options.dir, name);
      const handle = await openFile(file, "r+");
      const result = await scan(handle, name);
      await handle.close();
      if (!result) {
        unlinkSync(file);
        continue;
      }
      found.push(...result.found);
      const fd = await openFd(file, constants.O_RDWR);
      // What the scan has read may be in the page cache only.
      await dataSync(fd);
      const allocated = isAllocated(fd, options.segmentBytes);
      scanned.push({ name, fd, end: result.end, chain: result.chain, records: result.found.length, allocated });
    }
    await sync(dirFd);
    // The one with the most room is appended to; empty ones are spares.
    const used = scanned.filter(({ records }) => records > 0);
    const empty = scanned.filter(({ records }) => records === 0);
    const roomiest = used.toSorted((a, b) => a.end - b.end)[0];
    const reuse = roomiest && roomiest.end < options.segmentBytes ? roomiest : undefined;
    const active = reuse ?? empty.shift() ?? (await createSegment(options.dir, dirFd));
    for (const { fd } of used) if (fd !== active.fd) await closeFd(fd);
    const sealed = used.map(({ name }) => name).filter((name) => name !== active.name);
    const journal = new Journal(options, dirFd, active, sealed);
    for (const spare of empty) journal.#spares.put(spare);
    journal.#spares.refill();
    return { journal, found };
  }

  /** Nothing was appended for that long. */
  isIdle(ms: number): boolean {
    return Date.now() - this.#lastAppendAt > ms;
  }
  get activeSegment(): string {
    return this.#active.name;
  }
  get activeBytes(): number {
    return this.#active.end - pageBytes;
  }
  pathOf(segment: string): string {
    return path.join(this.#options.dir, segment);
  }

  /**
   * Resolves when the record is durable.
   *
   * @param body the Part 10 file in pieces, `bodyBytes` in all; empty when `meta.file` holds it.
   * @throws {DomainError} `storage.full`; nothing of the record will be found then.
   */
  append(meta: RecordMeta, body: Buffer[], bodyBytes: number): Promise<Location> {
    this.#lastAppendAt = Date.now();
    return new Promise((resolve, reject) => {
      this.#pending.push({ meta, body, bodyBytes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    while (this.#pending.length > 0) {
      const batch: Append[] = [];
      let bytes = 0;
      const room = this.#options.segmentBytes - this.#active.end;
      while (!this.#active.broken && this.#pending.length > 0 && (batch.length === 0 || bytes < maxBatchBytes)) {
        const next = this.#pending[0]!.bodyBytes + pageBytes;
        if (bytes + next > room && (batch.length > 0 || this.activeBytes > 0)) break;
        bytes += next;
        batch.push(this.#pending.shift()!);
      }
      try {
        if (batch.length === 0) await this.#rotate();
        else await this.#commit(batch);
      } catch (error) {
        if (!isFull(error)) this.#options.onFatal(error);
        const full = new DomainError("storage.full", { cause: error });
        for (const append of batch.length > 0 ? batch : this.#pending.splice(0)) append.reject(full);
      }
    }
    this.#running = null;
  }

  async #commit(batch: Append[]): Promise<void> {
    const segment = this.#active;
    const buffers: Buffer[] = [];
    const done: [Append, Location][] = [];
    let end = segment.end;
    let chain = segment.chain;
    for (const append of batch) {
      const { head, padding, crc, length } = encodeFrame(append.meta, append.bodyBytes, chain);
      buffers.push(head, ...append.body, padding);
      done.push([append, { segment: segment.name, offset: end + head.length }]);
      end += length;
      chain = crc;
    }
    try {
      await writeAll(segment.fd, buffers, segment.end);
    } catch (error) {
      // What did get written is given back: the index may need the room.
      if (isFull(error) && !segment.allocated) await cutAt(segment.fd, segment.end).catch(() => undefined);
      throw error;
    }
    // A failed sync may not be tried again: the kernel may have dropped the pages (fsync(2), "EIO").
    await dataSync(segment.fd).catch((error: unknown) => {
      if (!isFull(error)) this.#options.onFatal(error);
      segment.broken = true;
      throw error;
    });
    segment.end = end;
    segment.chain = chain;
    for (const [append, location] of done) append.resolve(location);
  }

  /** Begins a new segment, so that the present one can be given back once drained. */
  async #rotate(): Promise<void> {
    const next = this.#spares.take() ?? (await createSegment(this.#options.dir, this.#dirFd));
    await closeFd(this.#active.fd);
    this.sealed.add(this.#active.name);
    this.#active = next;
    this.#spares.refill();
  }

  /** Seals the active segment, if it holds anything. */
  seal(): Promise<void> {
    return this.#alone(() => this.#rotate());
  }

  /**
   * Begins the active segment, of which nothing is needed any more, anew, which needs no room.
   * It gets a new name, so that nothing can be looked for in it by the old one.
   *
   * @param isDrained asked when no append is under way.
   * @param cut gives its room back.
   */
  renew(isDrained: () => boolean, cut: boolean): Promise<void> {
    return this.#alone(async () => {
      if (!isDrained()) return;
      const { fd } = this.#active;
      const allocated = !cut && isAllocated(fd, this.#options.segmentBytes);
      const name = segmentName();
      await rename(this.pathOf(this.#active.name), this.pathOf(name));
      this.#active.name = name;
      try {
        this.#active = { ...(await beginSegment(name, fd, this.#dirFd)), allocated };
        if (cut) await cutAt(fd, this.#active.end);
      } catch (error) {
        this.#active.broken = true;
        throw error;
      }
    });
  }

  /** Does something to the active segment while no append is under way. A full disk is no fault: it is tried again. */
  async #alone(work: () => Promise<void>): Promise<void> {
    while (this.#running) await this.#running;
    if (this.activeBytes === 0 && !this.#active.broken) return;
    this.#running = work()
      .catch((error: unknown) => {
        if (!isFull(error)) this.#options.onFatal(error);
      })
      .then(() => {
        this.#running = this.#pending.length > 0 ? this.#run() : null;
      });
    await this.#running;
  }

  /**
   * Makes spares with their blocks allocated, as long as nothing is received: to be called now and then.
   *
   * @param idleMs how long nothing must have come.
   */
  preallocate(idleMs: number): void {
    this.#spares.preallocate(
      () => this.isIdle(idleMs),
      () => this.#useAllocated(),
    );
  }

  /** An active segment without blocks in which nothing is yet gives way to one that has them. */
  #useAllocated(): void {
    if (this.#running || this.#active.allocated || this.activeBytes > 0 || !this.#spares.isAllocated) return;
    const empty = this.#active;
    this.#active = this.#spares.take()!;
    this.#spares.put(empty);
  }

  /** Gives back a sealed segment of which nothing is needed any more. */
  async reclaim(segment: string, keep: boolean): Promise<void> {
    if (!this.sealed.has(segment)) return;
    if (!keep || this.#spares.count >= this.#options.keepSpares) {
      rmSync(this.pathOf(segment), { force: true });
      this.sealed.delete(segment);
      return;
    }
    const name = segmentName();
    await rename(this.pathOf(segment), this.pathOf(name));
    this.sealed.delete(segment);
    const fd = await openFd(this.pathOf(name), constants.O_RDWR);
    try {
      const allocated = isAllocated(fd, this.#options.segmentBytes);
      this.#spares.put({ ...(await beginSegment(name, fd, this.#dirFd)), allocated });
    } catch (error) {
      await this.#spares.discard({ name, fd });
      throw error;
    }
  }

  /** Gives all spares back: the disk is short of room. */
  dropSpares(): Promise<void> {
    return this.#spares.discardAll();
  }

  async close(): Promise<void> {
    await this.#spares.stop();
    while (this.#running) await this.#running;
    await this.#spares.close();
    await closeFd(this.#active.fd);
    await closeFd(this.#dirFd);
  }
}

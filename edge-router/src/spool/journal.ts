import { randomBytes } from "node:crypto";
import {
  close,
  constants,
  fdatasync,
  fstatSync,
  fsync,
  ftruncate,
  open,
  readdirSync,
  rmSync,
  unlinkSync,
  writev,
} from "node:fs";
import { open as openFile, rename } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { DomainError } from "@overread/shared/errors";
import { isFull } from "./disk-fault.ts";
import { type FoundRecord, type Location, scan } from "./journal-scan.ts";
import { encodeFrame, PAGE_BYTES, type RecordMeta } from "./segment.ts";

const openFd = promisify(open);
const closeFd = promisify(close);
const sync = promisify(fsync);
const dataSync = promisify(fdatasync);
const cutAt = promisify(ftruncate);

/** The last record of a segment may end this far before its end. */
const UNUSED_TAIL_BYTES = 2 * 1024 * 1024;
/** One write and one sync serve at most this much; enough to share, short enough to answer soon. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;

interface Segment {
  name: string;
  fd: number;
  /** Where the next record goes. */
  end: number;
  chain: number;
  /** Its blocks are on the disk already, but for what no record may fill. */
  allocated?: boolean;
  /** What is on the disk is not known to be what was written: nothing may be appended any more. */
  broken?: boolean;
}
interface Append {
  meta: RecordMeta;
  body: Buffer[];
  bodyBytes: number;
  resolve(location: Location): void;
  reject(error: unknown): void;
}

export interface JournalOptions {
  dir: string;
  segmentBytes: number;
  /** How many drained segments are kept for use again: writing over allocated blocks is twice as fast. */
  keepSpares: number;
  /** Whether the disk is large enough to have that many made beforehand. */
  mayPreallocate(count: number): boolean;
  /** A write or sync failed for another reason than a full disk: what is on the disk is unknown, the process must end. */
  onFatal(error: unknown): never;
}

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
  readonly #spares: Segment[] = [];
  /** Full segments, by name: nothing is written to them any more. */
  readonly sealed: Set<string>;
  #pending: Append[] = [];
  #running: Promise<void> | null = null;
  #refilling: Promise<void> | null = null;
  #closed = false;
  #lastAppendAt = Date.now();
  #preallocating: Promise<void> | null = null;

  private constructor(options: JournalOptions, dirFd: number, active: Segment, sealed: string[]) {
    this.sealed = new Set(sealed);
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
      const allocated = isAllocated(fd, options);
      scanned.push({ name, fd, end: result.end, chain: result.chain, records: result.found.length, allocated });
    }
    await sync(dirFd);
    // The one with the most room is appended to; empty ones are spares.
    const used = scanned.filter(({ records }) => records > 0);
    const empty = scanned.filter(({ records }) => records === 0);
    const roomiest = used.toSorted((a, b) => a.end - b.end)[0];
    const reuse = roomiest && roomiest.end < options.segmentBytes ? roomiest : undefined;
    const active = reuse ?? empty.shift() ?? (await create(options.dir, dirFd));
    for (const { fd } of used) if (fd !== active.fd) await closeFd(fd);
    const sealed = used.map(({ name }) => name).filter((name) => name !== active.name);
    const journal = new Journal(options, dirFd, active, sealed);
    journal.#spares.push(...empty.sort((a, b) => Number(b.allocated) - Number(a.allocated)));
    journal.#refill();
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
    return this.#active.end - PAGE_BYTES;
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
      while (!this.#active.broken && this.#pending.length > 0 && (batch.length === 0 || bytes < MAX_BATCH_BYTES)) {
        const next = this.#pending[0]!.bodyBytes + PAGE_BYTES;
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
    // A failed sync may not be tried again: the kernel may have dropped the pages (rule 1).
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
    const next = this.#spares.shift() ?? (await create(this.#options.dir, this.#dirFd));
    await closeFd(this.#active.fd);
    this.sealed.add(this.#active.name);
    this.#active = next;
    this.#refill();
  }

  /** Seals the active segment, if it holds anything. */
  seal(): Promise<void> {
    return this.#alone(() => this.#rotate());
  }

  /**
   * Begins the active segment, of which nothing is needed any more, anew, which needs no room.
   * It gets a new name, so that nothing can be looked for in it by the old one.
   *
   * @param isDrained asked when nobody appends any more.
   * @param cut gives its room back.
   */
  renew(isDrained: () => boolean, cut: boolean): Promise<void> {
    return this.#alone(async () => {
      if (!isDrained()) return;
      const { fd } = this.#active;
      const allocated = !cut && isAllocated(fd, this.#options);
      const name = segmentName();
      await rename(this.pathOf(this.#active.name), this.pathOf(name));
      this.#active.name = name;
      try {
        this.#active = { ...(await begin(name, fd, this.#dirFd)), allocated };
        if (cut) await cutAt(fd, this.#active.end);
      } catch (error) {
        this.#active.broken = true;
        throw error;
      }
    });
  }

  /** Does something to the active segment while nobody appends. A full disk is no fault: it is tried again. */
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

  /** Keeps one spare at hand, so that no sender waits for a file to be made. */
  #refill(): void {
    if (this.#refilling || this.#closed || this.#spares.length > 0) return;
    this.#refilling = create(this.#options.dir, this.#dirFd)
      .then(
        (segment) => void this.#spares.push(segment),
        () => undefined, // a full disk: the next rotation tries again and says so
      )
      .finally(() => {
        this.#refilling = null;
      });
  }

  /**
   * Makes one more spare with its blocks allocated, as long as nobody sends: to be called now and then.
   *
   * @param idleMs how long nothing must have come.
   */
  preallocate(idleMs: number): void {
    const isIdle = (): boolean => !this.#closed && this.isIdle(idleMs);
    if (this.#preallocating || !isIdle()) return;
    this.#preallocating = this.#allocate(isIdle).finally(() => {
      this.#preallocating = null;
    });
  }

  async #allocate(isIdle: () => boolean): Promise<void> {
    for (;;) {
      this.#useAllocated();
      const ready = this.#spares.filter(({ allocated }) => allocated).length;
      if (ready >= this.#options.keepSpares || !isIdle() || !this.#options.mayPreallocate(ready + 1)) return;
      if (!(await this.#allocateOne(isIdle))) return;
    }
  }

  /** An active segment without blocks in which nothing is yet gives way to one that has them. */
  #useAllocated(): void {
    if (this.#running || this.#active.allocated || this.activeBytes > 0 || !this.#spares[0]?.allocated) return;
    this.#spares.push(this.#active);
    this.#active = this.#spares.shift()!;
  }

  /** @returns false when it was interrupted. */
  async #allocateOne(isIdle: () => boolean): Promise<boolean> {
    const zeros = Buffer.alloc(1024 * 1024);
    const at = this.#spares.findIndex(({ allocated }) => !allocated);
    let [segment] = at < 0 ? [] : this.#spares.splice(at, 1);
    try {
      segment ??= await create(this.#options.dir, this.#dirFd);
      // What an earlier attempt has made, or a former life, need not be made again.
      let position = Math.max(segment.end, fstatSync(segment.fd).size);
      while (position < this.#options.segmentBytes && isIdle()) {
        await writeAll(segment.fd, [zeros], position);
        await dataSync(segment.fd);
        position += zeros.length;
      }
      segment.allocated = position >= this.#options.segmentBytes;
      if (segment.allocated) this.#spares.unshift(segment);
      else this.#spares.push(segment);
      return segment.allocated;
    } catch (error) {
      if (!isFull(error)) this.#options.onFatal(error);
      // Nothing that was acknowledged is in it: its room is worth more than it.
      if (segment) await this.#giveUp(segment);
      return false;
    }
  }

  /** Gives back a sealed segment of which nothing is needed any more. */
  async reclaim(segment: string, keep: boolean): Promise<void> {
    if (!this.sealed.has(segment)) return;
    if (!keep || this.#spares.length >= this.#options.keepSpares) {
      rmSync(this.pathOf(segment), { force: true });
      this.sealed.delete(segment);
      return;
    }
    const name = segmentName();
    await rename(this.pathOf(segment), this.pathOf(name));
    this.sealed.delete(segment);
    const fd = await openFd(this.pathOf(name), constants.O_RDWR);
    try {
      const spare = { ...(await begin(name, fd, this.#dirFd)), allocated: isAllocated(fd, this.#options) };
      if (spare.allocated) this.#spares.unshift(spare);
      else this.#spares.push(spare);
    } catch (error) {
      await this.#giveUp({ name, fd });
      throw error;
    }
  }

  /** Gives all spares back: the disk is short of room. */
  async dropSpares(): Promise<void> {
    for (const spare of this.#spares.splice(0)) await this.#giveUp(spare);
  }

  async #giveUp({ name, fd }: Pick<Segment, "name" | "fd">): Promise<void> {
    await closeFd(fd).catch(() => undefined);
    rmSync(this.pathOf(name), { force: true });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#preallocating;
    while (this.#running) await this.#running;
    // A file that is being made would be found half made by whoever opens the folder next.
    await this.#refilling;
    for (const { fd } of [this.#active, ...this.#spares]) await closeFd(fd);
    await closeFd(this.#dirFd);
  }
}

const isAllocated = (fd: number, { segmentBytes }: Pick<JournalOptions, "segmentBytes">): boolean =>
  fstatSync(fd).size >= segmentBytes - Math.min(UNUSED_TAIL_BYTES, segmentBytes / 4);

let lastName = 0;
/** Sorts by time of making, also within a millisecond; unique for ever. */
const segmentName = (): string => {
  lastName = Math.max(lastName + 1, Date.now());
  return `${lastName.toString(36).padStart(9, "0")}-${randomBytes(6).toString("hex")}.seg`;
};

/** When a segment began, by its name. Milliseconds. */
export const madeAt = (name: string): number => Number.parseInt(name.slice(0, 9), 36);

async function create(dir: string, dirFd: number): Promise<Segment> {
  const name = segmentName();
  const fd = await openFd(path.join(dir, name), constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    return await begin(name, fd, dirFd);
  } catch (error) {
    await closeFd(fd).catch(() => undefined);
    rmSync(path.join(dir, name), { force: true });
    throw error;
  }
}

/** The header names the file it is in: a copy, or a recycled file whose header did not get written, does not count. */
async function begin(name: string, fd: number, dirFd: number): Promise<Segment> {
  const { head, padding, crc, length } = encodeFrame({ segment: name }, 0, 0);
  await writeAll(fd, [head, padding], 0);
  await dataSync(fd);
  await sync(dirFd);
  return { name, fd, end: length, chain: crc };
}

async function writeAll(fd: number, buffers: Buffer[], position: number): Promise<void> {
  let at = position;
  let rest = buffers;
  while (rest.length > 0) {
    let written = await new Promise<number>((resolve, reject) => {
      writev(fd, rest, at, (error, bytes) => (error ? reject(error) : resolve(bytes)));
    });
    at += written;
    let whole = 0;
    while (whole < rest.length && rest[whole]!.length <= written) written -= rest[whole++]!.length;
    rest = rest.slice(whole);
    if (written > 0) rest[0] = rest[0]!.subarray(written);
  }
}

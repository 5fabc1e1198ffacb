import { statfsSync } from "node:fs";

/** How often the disk is asked at most; in between our own bytes are counted. */
const statfsEveryMs = 200;

/** The index and its write-ahead log need this much to go on while the spool takes nothing more, however small the disk. */
const leastReserveBytes = 8 * 1024 ** 2;

/** Keeps a reserve on the spool's disk, so that the index, the logs and the rest of the machine go on working. */
export class DiskGauge {
  readonly #dir: string;
  readonly #reserve: number | null;
  #freeBytes = 0;
  #totalBytes = 0;
  #askedAt = 0;
  #writtenSince = 0;

  /** @param reserveBytes null: 5 % of the disk, at least 8 MiB, at most 1 GiB. */
  constructor(dir: string, reserveBytes: number | null) {
    this.#dir = dir;
    this.#reserve = reserveBytes;
  }

  get totalBytes(): number {
    this.#ask();
    return this.#totalBytes;
  }
  get freeBytes(): number {
    this.#ask();
    return Math.max(0, this.#freeBytes - this.#writtenSince);
  }
  get reserveBytes(): number {
    return this.#reserve ?? Math.max(leastReserveBytes, Math.min(1024 ** 3, this.totalBytes * 0.05));
  }

  wrote(bytes: number): void {
    this.#writtenSince += bytes;
  }

  /** Whether `bytes` more may be written without touching the reserve. */
  hasRoomFor(bytes: number): boolean {
    return this.freeBytes - bytes > this.reserveBytes;
  }

  #ask(): void {
    const now = Date.now();
    if (now - this.#askedAt < statfsEveryMs) return;
    const { bavail, bsize, blocks } = statfsSync(this.#dir);
    this.#freeBytes = bavail * bsize;
    this.#totalBytes = blocks * bsize;
    this.#askedAt = now;
    this.#writtenSince = 0;
  }
}

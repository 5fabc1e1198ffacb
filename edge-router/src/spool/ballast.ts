import { closeSync, fdatasyncSync, openSync, rmSync, statSync, writeSync } from "node:fs";

/** What the index needs at most to go on while nothing is received: its write-ahead log until a checkpoint. */
export const ballastBytes = 4 * 1024 ** 2;

/**
 * Some room of our own on the disk, taken while there was some. It is given up when the index cannot write any
 * more: confirming what the archive holds, which is what gives room back, must not have to wait for room.
 */
export class Ballast {
  readonly #file: string;
  #laid: boolean;

  constructor(file: string) {
    this.#file = file;
    this.#laid = (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
  }

  get laid(): boolean {
    return this.#laid;
  }

  /** @returns whether there was any to give up. */
  drop(): boolean {
    if (!this.#laid) return false;
    rmSync(this.#file, { force: true });
    this.#laid = false;
    return true;
  }

  /** Takes the room; without it when the disk has less than was thought. */
  lay(): void {
    if (this.#laid) return;
    let fd: number | null = null;
    try {
      fd = openSync(this.#file, "w", 0o600);
      for (let bytes = 0; bytes < ballastBytes; ) bytes += writeSync(fd, Buffer.alloc(256 * 1024));
      fdatasyncSync(fd);
      this.#laid = true;
    } catch {
      rmSync(this.#file, { force: true });
    } finally {
      if (fd !== null) closeSync(fd);
    }
  }
}

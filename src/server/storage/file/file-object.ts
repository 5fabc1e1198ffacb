import { closeSync, fstatSync, open, read } from "node:fs";
import { promisify } from "node:util";
import type { OpenObject } from "../object-store.ts";
import { ReadingMemory } from "../reading-memory.ts";
import { readError } from "./disk-error.ts";

/** Bytes read from the disk at once when an object is read completely. */
const streamPiece = 1 << 20;
const openFile = promisify(open);

/**
 * An object of the file store, open for reading: all bytes come from one file, even if it is replaced meanwhile.
 *
 * fstat and close of an open file do not block, so they are called synchronously: waking a thread costs the main thread ten
 * times as much.
 */
export class FileObject implements OpenObject {
  readonly isNear = true;
  readonly #fd: number;
  #reading = 0;
  #closed = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** @throws the disk's error, with its code */
  static async open(file: string): Promise<FileObject> {
    return new FileObject(await openFile(file, "r"));
  }

  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    return new Promise((resolve, reject) => {
      this.#assertOpen();
      this.#reading++;
      read(this.#fd, buffer, offset, length, position, (error, bytesRead) => {
        this.#reading--;
        if (this.#closed && this.#reading === 0) closeSync(this.#fd);
        if (error) reject(readError(error));
        else resolve({ bytesRead });
      });
    });
  }

  async identify(): Promise<{ sizeBytes: number; version: string }> {
    this.#assertOpen();
    try {
      const { ino, size, mtimeNs, ctimeNs } = fstatSync(this.#fd, { bigint: true });
      return { sizeBytes: Number(size), version: `${ino}.${size}.${mtimeNs}.${ctimeNs}` };
    } catch (error) {
      throw readError(error);
    }
  }

  async *stream(start = 0, end = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
    const memory = new ReadingMemory();
    const buffer = memory.allocate(streamPiece);
    try {
      for (let at = start; at < end; ) {
        const { bytesRead } = await this.read(buffer, 0, Math.min(buffer.length, end - at), at);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
        at += bytesRead;
      }
    } finally {
      memory.giveBack();
    }
  }

  /** Behind the reads that run: the number of a closed file may be another's at once. Harmless a second time. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#reading === 0) closeSync(this.#fd);
  }

  #assertOpen(): void {
    if (this.#closed) throw new TypeError("the object is closed");
  }
}

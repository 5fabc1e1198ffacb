import type { FileHandle } from "node:fs/promises";
import type { OpenObject } from "../object-store.ts";
import { ReadingMemory } from "../reading-memory.ts";
import { readError } from "./disk-error.ts";

/** Bytes that are read from the disk in one go where an object is read whole. */
const streamPiece = 1 << 20;

/** An object of the file store, open for reading: what is read is of one file, whatever is put in its place meanwhile. */
export class FileObject implements OpenObject {
  readonly isNear = true;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    try {
      return await this.#handle.read(buffer, offset, length, position);
    } catch (error) {
      throw readError(error);
    }
  }

  async identify(): Promise<{ sizeBytes: number; version: string }> {
    try {
      const { ino, size, mtimeNs, ctimeNs } = await this.#handle.stat({ bigint: true });
      return { sizeBytes: Number(size), version: [ino, size, mtimeNs, ctimeNs].join(".") };
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

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

import { type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import type { Upload } from "../object-store.ts";
import { errorCode, readError, storageError } from "./disk-error.ts";

/** A file being received, under a temporary name. */
export class FileUpload implements Upload {
  readonly path: string;
  readonly #publish: (upload: FileUpload, key: string) => Promise<void>;
  #handle: FileHandle | null;
  /** Renamed or removed: nothing is left under the temporary name. */
  #gone = false;

  private constructor(file: string, handle: FileHandle, publish: (upload: FileUpload, key: string) => Promise<void>) {
    this.path = file;
    this.#handle = handle;
    this.#publish = publish;
  }

  /** @param publish gives a written file its key. */
  static async begin(file: string, publish: (upload: FileUpload, key: string) => Promise<void>): Promise<FileUpload> {
    return new FileUpload(file, await open(file, "wx+", 0o640), publish);
  }

  async write(chunks: Uint8Array | Uint8Array[]): Promise<void> {
    const handle = this.#open();
    const list = Array.isArray(chunks) ? chunks : [chunks];
    const total = list.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    try {
      const { bytesWritten } = await handle.writev(list);
      // A short write precedes ENOSPC: the rest, in one piece, either fits or fails.
      if (bytesWritten < total) await handle.writeFile(Buffer.concat(list).subarray(bytesWritten));
    } catch (error) {
      throw storageError(error);
    }
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    try {
      return await this.#open().read(buffer, offset, length, position);
    } catch (error) {
      throw readError(error);
    }
  }

  async complete(key: string): Promise<void> {
    try {
      await this.#publish(this, key);
    } finally {
      await this.abort();
    }
  }

  async abort(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close().catch(() => {});
    if (this.#gone) return;
    this.#gone = true;
    await unlink(this.path).catch(() => {});
  }

  /** Makes the bytes durable. Nothing can be written after it. */
  async sync(): Promise<void> {
    const handle = this.#open();
    await handle.sync();
    this.#handle = null;
    await handle.close();
  }

  /** Gives the file its name, replacing an existing one. */
  async rename(target: string): Promise<void> {
    await rename(this.path, target);
    this.#gone = true;
  }

  /** Gives the file its name unless it exists. @returns whether it did. */
  async link(target: string): Promise<boolean> {
    try {
      await link(this.path, target);
      return true;
    } catch (error) {
      if (errorCode(error) === "EEXIST") return false;
      throw error;
    }
  }

  #open(): FileHandle {
    if (!this.#handle) throw new TypeError("the upload is over");
    return this.#handle;
  }
}

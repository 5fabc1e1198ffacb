import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, unlink } from "node:fs/promises";
import path from "node:path";
import { readError, storageError } from "../file/disk-error.ts";
import type { Upload } from "../object-store.ts";
import type { S3Api } from "./s3-api.ts";

/** Up to this size an object is sent in one request; larger ones in parts of it. Bytes. */
const partSize = 8 << 20;
/** S3 accepts 10,000 parts. */
const mostParts = 9_000;
/** Parts of one object that are sent concurrently. */
const parallel = 4;

/**
 * An object being received, in an unnamed local file: its key is known only at its end, its header is read before it is
 * stored, and a part may have to be sent again. The file is gone when the process ends, however it does.
 */
export class S3Upload implements Upload {
  readonly #api: Promise<S3Api>;
  #handle: FileHandle | null;
  #sizeBytes = 0;

  private constructor(api: Promise<S3Api>, handle: FileHandle) {
    this.#api = api;
    this.#handle = handle;
  }

  /** @param folder on a local disk. */
  static async begin(api: Promise<S3Api>, folder: string): Promise<S3Upload> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = path.join(folder, randomUUID());
      const handle = await open(file, "wx+", 0o600);
      await unlink(file);
      return new S3Upload(api, handle);
    } catch (error) {
      throw storageError(error);
    }
  }

  async write(chunks: Uint8Array | Uint8Array[]): Promise<void> {
    const handle = this.#open();
    try {
      for (const chunk of Array.isArray(chunks) ? chunks : [chunks]) {
        await handle.writeFile(chunk);
        this.#sizeBytes += chunk.byteLength;
      }
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
    const api = await this.#api;
    try {
      if (this.#sizeBytes <= partSize) await api.put(key, await this.#piece(0, this.#sizeBytes));
      else await this.#inParts(api, key);
    } finally {
      await this.abort();
    }
  }

  async #inParts(api: S3Api, key: string): Promise<void> {
    const size = Math.max(partSize, Math.ceil(this.#sizeBytes / mostParts));
    const upload = await api.beginParts(key);
    try {
      const tags: string[] = Array(Math.ceil(this.#sizeBytes / size)).fill("");
      let next = 0;
      const worker = async (): Promise<void> => {
        while (next < tags.length) {
          const index = next++;
          const from = index * size;
          const piece = await this.#piece(from, Math.min(size, this.#sizeBytes - from));
          tags[index] = await api.putPart(upload, index + 1, piece);
        }
      };
      const workers = await Promise.allSettled(Array.from({ length: parallel }, worker));
      for (const result of workers) if (result.status === "rejected") throw result.reason;
      await api.completeParts(upload, tags, this.#sizeBytes);
    } catch (error) {
      // What cannot be aborted now, the sweep finds.
      await api.abortParts(upload).catch(() => {});
      throw error;
    }
  }

  async #piece(from: number, length: number): Promise<Buffer> {
    const piece = Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await this.read(piece, filled, length - filled, from + filled);
      if (bytesRead === 0) throw new TypeError("the upload is shorter than what was written");
      filled += bytesRead;
    }
    return piece;
  }

  async abort(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close().catch(() => {});
  }

  #open(): FileHandle {
    if (!this.#handle) throw new TypeError("the upload is over");
    return this.#handle;
  }
}

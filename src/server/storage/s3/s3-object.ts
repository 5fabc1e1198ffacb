import type { Readable } from "node:stream";
import type { OpenObject } from "../object-store.ts";
import type { S3Api } from "./s3-api.ts";
import { codeOf, s3Error } from "./s3-error.ts";

/** How often an answer that broke off is asked for again, unless it gets on by so many bytes each time. */
const attempts = 3;
const progress = 1 << 20;

/** An object of a bucket. Nothing is requested before it is read. */
export class S3Object implements OpenObject {
  readonly isNear = false;
  readonly #api: Promise<S3Api>;
  readonly #key: string;
  readonly #missing: (cause: unknown) => Promise<Error>;

  /** @param missing the error for an object that the server does not have. */
  constructor(api: Promise<S3Api>, key: string, missing: (cause: unknown) => Promise<Error>) {
    this.#api = api;
    this.#key = key;
    this.#missing = missing;
  }

  async read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }> {
    let bytesRead = 0;
    if (length > 0)
      for await (const piece of this.stream(position, position + length)) {
        buffer.set(piece, offset + bytesRead);
        bytesRead += piece.length;
      }
    return { bytesRead };
  }

  async identify(): Promise<{ sizeBytes: number; version: string }> {
    const head = await (await this.#api).head(this.#key);
    if (!head) throw await this.#missing(undefined);
    return head;
  }

  async *stream(start = 0, end = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
    let at = start;
    for (let attempt = 1; at < end; attempt++) {
      const from = at;
      const body = await this.#get(at, end);
      if (!body) return;
      try {
        for await (const piece of body as AsyncIterable<Buffer>) {
          at += piece.length;
          yield piece;
        }
        return;
      } catch (error) {
        if (at - from >= progress) attempt = 0;
        if (attempt >= attempts || !codeOf(error)) throw s3Error(error);
      } finally {
        body.destroy();
      }
    }
  }

  async close(): Promise<void> {}

  async #get(start: number, end: number): Promise<Readable | null> {
    try {
      return await (await this.#api).get(this.#key, start, end);
    } catch (error) {
      throw codeOf(error) === "NoSuchKey" ? await this.#missing(error) : error;
    }
  }
}

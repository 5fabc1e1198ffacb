import { randomBytes } from "node:crypto";
import { DomainError } from "@overread/shared/errors";

/** One part: its headers by lower-case name, and its body, to be read to the end before the next part. */
export type Part = { headers: Record<string, string>; body: AsyncIterable<Buffer> };

const headerLimit = 16 << 10;
const preambleLimit = 64 << 10;
/** How much of a chunk is joined to the rest of the previous one, to find a boundary across the two. Bytes. */
const seam = 1 << 10;
const invalid = (reason: string): DomainError => new DomainError("request.invalid", { details: { reason } });

/**
 * Parses a multipart body as it arrives (RFC 2046 §5.1), holding at most a chunk and a boundary.
 *
 * Lenient where senders err: lines may end in LF only, a preamble is skipped, parts need no Content-Length, and white
 * space after a boundary is allowed. A body without its closing boundary is an error, so that a broken connection is
 * never taken for a complete file.
 *
 * @throws {DomainError} `request.invalid` with a reason
 */
export async function* readMultipart(source: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<Part> {
  if (!boundary || boundary.length > 200) throw invalid("boundary");
  const input = new Input(source, Buffer.from(`--${boundary}`, "latin1"));
  await input.skipToFirstBoundary();
  while (!(await input.atClosingBoundary())) {
    const headers = await input.readHeaders();
    let open = true;
    const body = (async function* (): AsyncGenerator<Buffer> {
      for (let chunk = await input.bodyChunk(); chunk; chunk = await input.bodyChunk()) yield chunk;
      open = false;
    })();
    yield { headers, body };
    // A part that was refused half-way is still read to its end, to reach the next one.
    while (open) if (!(await input.bodyChunk())) open = false;
  }
}

class Input {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #dashBoundary: Buffer;
  #buffer: Buffer = Buffer.alloc(0);
  /** The chunk whose first `#joined` bytes were appended to the rest of the previous one; `#buffer` ends there. */
  #chunk: Buffer = this.#buffer;
  #joined = 0;
  #ended = false;
  /** The current part has ended; its boundary is consumed. */
  #partEnded = true;
  /** No byte of the part's body was returned yet: a boundary right here is at the start of a line. */
  #bodyStart = false;

  constructor(source: AsyncIterable<Uint8Array>, dashBoundary: Buffer) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#dashBoundary = dashBoundary;
  }

  async #more(): Promise<boolean> {
    const left = this.#buffer.length;
    if (this.#joined > 0) {
      // The rest is in the chunk itself: parsing continues there, and the chunk is never copied.
      const onward = this.#chunk.subarray(Math.max(0, this.#joined - left));
      const before = Math.max(0, left - this.#joined);
      this.#buffer = before === 0 ? onward : Buffer.concat([this.#buffer.subarray(0, before), onward]);
      this.#joined = 0;
      return true;
    }
    if (this.#ended) return false;
    const { value, done } = await this.#iterator.next();
    if (done) {
      this.#ended = true;
      return false;
    }
    const chunk = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    if (left > 0 && left < seam && chunk.length > 2 * seam) {
      this.#buffer = Buffer.concat([this.#buffer, chunk.subarray(0, seam)]);
      this.#chunk = chunk;
      this.#joined = seam;
    } else this.#buffer = left === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    return true;
  }

  async #need(count: number): Promise<void> {
    while (this.#buffer.length < count) if (!(await this.#more())) throw invalid("truncated");
  }

  async skipToFirstBoundary(): Promise<void> {
    let skipped = 0;
    for (;;) {
      const at = this.#buffer.indexOf(this.#dashBoundary);
      if (at === 0 || (at > 0 && this.#buffer[at - 1] === 0x0a)) {
        this.#buffer = this.#buffer.subarray(at + this.#dashBoundary.length);
        return;
      }
      const keep = Math.max(0, this.#buffer.length - this.#dashBoundary.length - 1);
      const drop = at > 0 ? at + 1 : keep;
      // The byte before a boundary decides whether it starts a line, so it is kept.
      skipped += drop;
      if (skipped > preambleLimit) throw invalid("boundary-not-found");
      this.#buffer = this.#buffer.subarray(drop);
      if (at <= 0 && !(await this.#more())) throw invalid("boundary-not-found");
    }
  }

  /** After a boundary: `--` closes the body, otherwise the rest of the line is dropped. */
  async atClosingBoundary(): Promise<boolean> {
    await this.#need(2);
    if (this.#buffer[0] === 0x2d && this.#buffer[1] === 0x2d) {
      await this.#drain();
      return true;
    }
    await this.#line(200);
    this.#partEnded = false;
    this.#bodyStart = true;
    return false;
  }

  /** The epilogue is read and dropped, so that the connection can serve the next request. */
  async #drain(): Promise<void> {
    this.#buffer = Buffer.alloc(0);
    let dropped = 0;
    while (await this.#more()) {
      dropped += this.#buffer.length;
      this.#buffer = Buffer.alloc(0);
      if (dropped > preambleLimit) throw invalid("epilogue");
    }
  }

  async #line(limit: number): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf(0x0a);
      if (end > limit || (end < 0 && this.#buffer.length > limit)) throw invalid("part-header");
      if (end >= 0) {
        const line = this.#buffer.toString("latin1", 0, end).replace(/\r$/, "");
        this.#buffer = this.#buffer.subarray(end + 1);
        return line;
      }
      if (!(await this.#more())) throw invalid("truncated");
    }
  }

  async readHeaders(): Promise<Record<string, string>> {
    const headers: Record<string, string> = {};
    let read = 0;
    for (let line = await this.#line(headerLimit); line !== ""; line = await this.#line(headerLimit)) {
      read += line.length;
      if (read > headerLimit) throw invalid("part-header");
      const colon = line.indexOf(":");
      if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] ??= line.slice(colon + 1).trim();
    }
    return headers;
  }

  /** The next bytes of the part; null at its end, when its boundary has been removed. */
  async bodyChunk(): Promise<Buffer | null> {
    const boundary = this.#dashBoundary;
    while (!this.#partEnded) {
      const at = this.#buffer.indexOf(boundary);
      if (at >= 0) {
        const lineStart = at === 0 ? (this.#bodyStart ? 0 : -1) : this.#buffer[at - 1] === 0x0a ? at - 1 : -1;
        if (lineStart >= 0) {
          const end = lineStart > 0 && this.#buffer[lineStart - 1] === 0x0d ? lineStart - 1 : lineStart;
          const last = this.#buffer.subarray(0, end);
          this.#buffer = this.#buffer.subarray(at + boundary.length);
          this.#partEnded = true;
          return last.length > 0 ? last : null;
        }
        // The boundary's characters within the data, not at the start of a line.
        return this.#take(at + boundary.length);
      }
      // What could be the start of CRLF and boundary waits for more.
      const safe = this.#buffer.length - boundary.length - 2;
      if (safe > 0) return this.#take(safe);
      if (!(await this.#more())) throw invalid("truncated");
    }
    return null;
  }

  #take(count: number): Buffer {
    this.#bodyStart = false;
    const chunk = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return chunk;
  }
}

/** A boundary for an answer; random, so that no data contain it. */
export function newBoundary(): string {
  return `overread-${randomBytes(16).toString("hex")}`;
}

/**
 * The head of a part, with the end of the previous one. Header names are spelt as in PS3.18: some readers compare
 * case-sensitively.
 */
export function partHead(boundary: string, headers: Record<string, string>, first: boolean): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${first ? "" : "\r\n"}--${boundary}\r\n${lines.join("")}\r\n`, "latin1");
}

export const multipartEnd = (boundary: string): Buffer => Buffer.from(`\r\n--${boundary}--\r\n`, "latin1");

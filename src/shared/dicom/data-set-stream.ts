import { createInflateRaw, type InflateRaw } from "node:zlib";
import { DomainError } from "../errors.ts";
import { type DicomJson, stringOf } from "./dicom-json.ts";
import { ElementReader, type ReadRequest, type ReadResult } from "./element-reader.ts";
import { type InstanceUids, identityOf, identityTags } from "./identity.ts";
import { inflateLimit } from "./limits.ts";
import { transferSyntaxes } from "./transfer-syntaxes.ts";
import { isUid } from "./uids.ts";

const nothing = Buffer.alloc(0);
const wanted: ReadonlySet<string> = new Set(Object.values(identityTags));

/**
 * Parses a data set as a stream, keeping nothing but its four UIDs, and decides whether it is valid: {@link
 * ElementReader} on the network. What this accepts, the archive's reader accepts too, since it is the same reader.
 *
 * `dcmjs` and others accept truncated values, so a successful parse proves nothing; here every declared length must be
 * present.
 *
 * @see DICOM PS3.5 §7.1, §7.5, §A
 */
export class DataSetStream {
  readonly #reader: ElementReader;
  readonly #steps: Generator<ReadRequest, ReadResult>;
  readonly #inflater: Inflater | null;
  readonly #seen: DicomJson = {};
  /** Position of the next bytes. */
  #position = 0;
  #wish: ReadRequest | null = null;
  /** Bytes from the requested offset on that are not enough yet, a few hundred at most. */
  #carry: Buffer = nothing;
  #carryAt = 0;
  #error: DomainError | null = null;
  #begun = false;

  constructor(transferSyntaxUid: string) {
    const syntax = transferSyntaxes[transferSyntaxUid];
    this.#reader = new ElementReader({ buffer: nothing, base: 0, end: Number.POSITIVE_INFINITY }, wanted);
    this.#steps = this.#reader.read(0, syntax ?? null, this.#seen);
    this.#inflater = syntax?.deflated ? new Inflater((bytes) => this.#walk(bytes)) : null;
  }

  /** @param bytes the next bytes of the data set; not kept. */
  push(bytes: Buffer): void {
    if (this.#inflater) this.#inflater.push(bytes);
    else this.#walk(bytes);
  }

  /** Frees the resources of an abandoned data set. */
  discard(): void {
    this.#inflater?.discard();
  }

  /** The valid UIDs seen so far. */
  get seen(): Partial<InstanceUids> {
    const found: Partial<InstanceUids> = {};
    for (const [key, tag] of Object.entries(identityTags) as [keyof InstanceUids, string][]) {
      const uid = stringOf(this.#seen, tag);
      if (isUid(uid)) found[key] = uid;
    }
    return found;
  }

  /**
   * The object's UIDs, once all bytes have been pushed.
   *
   * @throws {DomainError} `dicom.malformed`; `dicom.truncated` when declared bytes are missing;
   * `dicom.missing-attribute` without SOP class, SOP instance, study or series UID; `dicom.invalid-uid`.
   */
  async finish(): Promise<InstanceUids> {
    const isCut = this.#inflater ? await this.#inflater.finish() : false;
    this.#end(isCut);
    if (this.#error) throw this.#error;
    return identityOf(this.#seen);
  }

  #walk(bytes: Buffer): void {
    const base = this.#position;
    this.#position += bytes.length;
    if (!this.#begun) this.#step();
    while (this.#wish) {
      const { offset, length } = this.#wish;
      if (offset >= this.#position) break;
      if (offset < base) {
        // It began in an earlier chunk.
        const have = this.#carry.subarray(offset - this.#carryAt);
        const from = this.#carryAt + this.#carry.length - base;
        this.#carry = Buffer.concat([have, bytes.subarray(from, from + length - have.length)]);
        this.#carryAt = offset;
        if (this.#carry.length < length) break;
        this.#show(this.#carry, offset);
      } else if (offset + length <= this.#position) this.#show(bytes, base);
      else {
        // Copied: the network reuses the memory of its chunks.
        this.#carry = Buffer.from(bytes.subarray(offset - base));
        this.#carryAt = offset;
        break;
      }
    }
    this.#reader.window.buffer = nothing;
  }

  #show(buffer: Buffer, base: number): void {
    Object.assign(this.#reader.window, { buffer, base });
    this.#step();
  }

  #step(): void {
    this.#begun = true;
    try {
      const step = this.#steps.next();
      this.#wish = step.done ? null : step.value;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.#error = error;
      this.#wish = null;
    }
  }

  #end(isCut: boolean): void {
    if (!this.#begun) this.#step();
    if (!this.#wish) return;
    const { window } = this.#reader;
    window.end = this.#position;
    window.cut = isCut;
    const { offset } = this.#wish;
    const begun = this.#carryAt <= offset && offset < this.#carryAt + this.#carry.length;
    this.#show(begun ? this.#carry : nothing, begun ? this.#carryAt : offset);
    if (this.#wish) this.#error = new DomainError(isCut ? "dicom.malformed" : "dicom.truncated");
  }
}

/** Inflates in constant memory, up to a cap. */
class Inflater {
  readonly #stream: InflateRaw = createInflateRaw({ chunkSize: 64 * 1024 });
  readonly #done: Promise<"whole" | DomainError>;
  #inflatedBytes = 0;
  #gaveUp = false;

  constructor(onBytes: (bytes: Buffer) => void) {
    this.#done = new Promise((resolve) => {
      this.#stream.on("end", () => resolve("whole"));
      this.#stream.on("error", (error: NodeJS.ErrnoException) =>
        resolve(new DomainError(error.code === "Z_BUF_ERROR" ? "dicom.truncated" : "dicom.malformed")),
      );
      this.#stream.on("close", () => resolve(new DomainError("dicom.truncated")));
    });
    this.#stream.on("data", (bytes: Buffer) => {
      const part = bytes.subarray(0, inflateLimit - this.#inflatedBytes);
      this.#inflatedBytes += part.length;
      if (part.length > 0) onBytes(part);
      if (this.#inflatedBytes === inflateLimit) {
        this.#gaveUp = true;
        this.#stream.destroy();
      }
    });
  }

  push(bytes: Buffer): void {
    if (!this.#gaveUp && !this.#stream.destroyed) this.#stream.write(bytes);
  }

  discard(): void {
    this.#stream.destroy();
  }

  /** @returns whether it stopped at the cap, and more may follow. */
  async finish(): Promise<boolean> {
    if (!this.#stream.destroyed) this.#stream.end();
    const outcome = await this.#done;
    if (outcome !== "whole" && !this.#gaveUp) throw outcome;
    return this.#gaveUp;
  }
}

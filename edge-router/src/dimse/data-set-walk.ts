import { createInflateRaw, type InflateRaw } from "node:zlib";
import { transferSyntaxes } from "@overread/shared/dicom/uids";
import { DomainError } from "@overread/shared/errors";

/** What the receive path must know of an object; nothing else is read out of it. */
export interface ObjectIdentity {
  sopClassUid: string;
  sopInstanceUid: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
}

/** Sequences within sequences deeper than this are an attack, not an image. */
const MAX_DEPTH = 100;
/** A deflated data set is checked as far as this; a bomb is stored as it came, at the cost of its packed size. */
const MAX_INFLATED_BYTES = 64 * 1024 * 1024;
const UNDEFINED_LENGTH = 0xffffffff;

const longForm = new Set(["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]);
const shortForm = new Set("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split(" "));

const wanted: Readonly<Record<number, keyof ObjectIdentity>> = {
  524310: "sopClassUid",
  524312: "sopInstanceUid",
  2097165: "studyInstanceUid",
  2097166: "seriesInstanceUid",
};

interface Coding {
  implicit: boolean;
  bigEndian: boolean;
}
interface Level extends Coding {
  kind: "data-set" | "sequence" | "fragments";
}

/**
 * Follows the structure of a data set while its bytes fly past, keeping none of them: reads the four UIDs
 * and finds out whether every declared length is there.
 *
 * `dcmjs` and others accept values that are cut off, so a parse that succeeds proves nothing; here the
 * count must come out even.
 * @see DICOM PS3.5 §7.1, §7.5, §A
 */
export class DataSetWalk {
  readonly #levels: Level[];
  readonly #inflater: Inflater | null;
  readonly #head = Buffer.alloc(12);
  #headBytes = 0;
  #headNeeded = 8;
  #skip = 0;
  #capture: { key: keyof ObjectIdentity; bytes: Buffer; filled: number } | null = null;
  readonly #found: Partial<ObjectIdentity> = {};
  #malformed = false;

  /** @param transferSyntaxUid an unknown one is taken for explicit little endian, as PS3.5 A.4 demands of new ones. */
  constructor(transferSyntaxUid: string) {
    const syntax = transferSyntaxes[transferSyntaxUid];
    // GE's private syntax: implicit, only its pixels are big endian.
    const implicit = syntax?.implicit ?? transferSyntaxUid === "1.2.840.113619.5.2";
    this.#levels = [{ kind: "data-set", implicit, bigEndian: syntax?.bigEndian ?? false }];
    this.#inflater = syntax?.deflated ? new Inflater((bytes) => this.#walk(bytes)) : null;
  }

  /** @param bytes the next bytes of the data set; not kept. */
  push(bytes: Buffer): void {
    if (this.#inflater) this.#inflater.push(bytes);
    else this.#walk(bytes);
  }

  /** Frees what a data set that is given up holds. */
  discard(): void {
    this.#inflater?.discard();
  }

  /**
   * Says who the object is, once all bytes have been pushed.
   *
   * @throws {DomainError} `dicom.malformed`; `dicom.truncated` when declared bytes are missing;
   *   `dicom.missing-attribute` without SOP class, SOP instance, study or series UID; `dicom.invalid-uid`.
   */
  async finish(): Promise<ObjectIdentity> {
    const verified = this.#inflater ? await this.#inflater.finish() : true;
    if (this.#malformed) throw new DomainError("dicom.malformed");
    const even = this.#levels.length === 1 && this.#skip === 0 && this.#headBytes === 0;
    if (verified && !even) throw new DomainError("dicom.truncated");
    const { sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid } = this.#found;
    if (!sopClassUid || !sopInstanceUid || !studyInstanceUid || !seriesInstanceUid)
      throw new DomainError("dicom.missing-attribute");
    const identity = { sopClassUid, sopInstanceUid, studyInstanceUid, seriesInstanceUid };
    if (!Object.values(identity).every(isUid)) throw new DomainError("dicom.invalid-uid");
    return identity;
  }

  #walk(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.#malformed) {
      if (this.#skip > 0) {
        const take = Math.min(this.#skip, bytes.length - at);
        if (this.#capture) this.#take(bytes.subarray(at, at + take));
        this.#skip -= take;
        at += take;
        if (this.#skip === 0) this.#endCapture();
        continue;
      }
      const take = Math.min(this.#headNeeded - this.#headBytes, bytes.length - at);
      bytes.copy(this.#head, this.#headBytes, at, at + take);
      this.#headBytes += take;
      at += take;
      if (this.#headBytes === this.#headNeeded) this.#element();
    }
  }

  #take(bytes: Buffer): void {
    const capture = this.#capture!;
    bytes.copy(capture.bytes, capture.filled);
    capture.filled += bytes.length;
  }

  #endCapture(): void {
    if (this.#capture) {
      this.#found[this.#capture.key] ??= this.#capture.bytes.toString("latin1").replace(/[\0 ]+$/, "");
      this.#capture = null;
    }
  }

  #u16(at: number, { bigEndian }: Coding): number {
    return bigEndian ? this.#head.readUInt16BE(at) : this.#head.readUInt16LE(at);
  }
  #u32(at: number, { bigEndian }: Coding): number {
    return bigEndian ? this.#head.readUInt32BE(at) : this.#head.readUInt32LE(at);
  }

  #element(): void {
    const level = this.#levels[this.#levels.length - 1]!;
    const group = this.#u16(0, level);
    const tag = group * 0x10000 + this.#u16(2, level);
    if (group === 0xfffe) {
      this.#delimiter(tag, this.#u32(4, level), level);
      return;
    }
    if (level.kind !== "data-set") {
      this.#malformed = true;
      return;
    }
    if (level.implicit) {
      this.#value(tag, this.#u32(4, level), tag === 0x7fe00010 ? "OB" : "", level);
      return;
    }
    const vr = this.#head.toString("latin1", 4, 6);
    if (shortForm.has(vr)) {
      this.#value(tag, this.#u16(6, level), vr, level);
      return;
    }
    // PS3.5 §6.2: VRs that are still to come use the long form too.
    if (!longForm.has(vr) && !/^[A-Z]{2}$/.test(vr)) {
      this.#malformed = true;
      return;
    }
    if (this.#headNeeded === 8) {
      this.#headNeeded = 12;
      return;
    }
    this.#value(tag, this.#u32(8, level), vr, level);
  }

  #delimiter(tag: number, length: number, level: Level): void {
    this.#nextHead();
    if (tag === 0xfffee00d && level.kind === "data-set" && this.#levels.length > 1) this.#levels.pop();
    else if (tag === 0xfffee0dd && level.kind !== "data-set") this.#levels.pop();
    else if (tag === 0xfffee000 && level.kind !== "data-set") {
      if (length !== UNDEFINED_LENGTH) this.#skip = length;
      else if (level.kind === "sequence") this.#enter({ ...level, kind: "data-set" });
      else this.#malformed = true;
    } else this.#malformed = true;
  }

  #value(tag: number, length: number, vr: string, level: Level): void {
    this.#nextHead();
    if (length === UNDEFINED_LENGTH) {
      if (vr === "OB" || vr === "OW") this.#enter({ ...level, kind: "fragments" });
      // CP-246: what is inside a UN of undefined length is implicit little endian.
      else if (vr === "UN") this.#enter({ kind: "sequence", implicit: true, bigEndian: false });
      else if (vr === "SQ" || level.implicit) this.#enter({ ...level, kind: "sequence" });
      else this.#malformed = true;
      return;
    }
    this.#skip = length;
    const key = this.#levels.length === 1 ? wanted[tag] : undefined;
    if (key && length > 0 && length <= 128) this.#capture = { key, bytes: Buffer.alloc(length), filled: 0 };
  }

  #nextHead(): void {
    this.#headBytes = 0;
    this.#headNeeded = 8;
  }

  #enter(level: Level): void {
    if (this.#levels.length >= MAX_DEPTH) this.#malformed = true;
    else this.#levels.push(level);
  }
}

/** Whether a text is a UID by the grammar (leading zeros are illegal, yet modalities send them). PS3.5 §9.1 */
export const isUid = (value: string): boolean => value.length <= 64 && /^\d+(\.\d+)*$/.test(value);

/** Inflates in constant memory, no further than a cap. */
class Inflater {
  readonly #stream: InflateRaw = createInflateRaw({ chunkSize: 64 * 1024 });
  readonly #done: Promise<"whole" | "cut">;
  #inflatedBytes = 0;
  #gaveUp = false;

  constructor(onBytes: (bytes: Buffer) => void) {
    this.#done = new Promise((resolve) => {
      this.#stream.on("end", () => resolve("whole"));
      this.#stream.on("error", () => resolve("cut"));
      this.#stream.on("close", () => resolve("cut"));
    });
    this.#stream.on("data", (bytes: Buffer) => {
      this.#inflatedBytes += bytes.length;
      onBytes(bytes);
      if (this.#inflatedBytes > MAX_INFLATED_BYTES) {
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

  /** @returns whether all of it was seen; false beyond the cap. */
  async finish(): Promise<boolean> {
    if (!this.#stream.destroyed) this.#stream.end();
    const outcome = await this.#done;
    if (outcome === "cut" && !this.#gaveUp) throw new DomainError("dicom.truncated");
    return !this.#gaveUp;
  }
}

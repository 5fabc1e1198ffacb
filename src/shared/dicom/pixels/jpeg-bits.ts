/** A Huffman table by code length (ITU-T T.81 §C.2, §F.2.2.3). */
export type HuffmanTable = { largest: Int32Array; offset: Int32Array; symbols: Uint8Array };

/** @param counts of codes with 1 to 16 bits. */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable {
  const largest = new Int32Array(17).fill(-1);
  const offset = new Int32Array(17);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1] ?? 0;
    offset[length] = index - code;
    index += count;
    code += count;
    if (count > 0) largest[length] = code - 1;
    code <<= 1;
  }
  return { largest, offset, symbols };
}

/** How many bytes a decoder may want behind the end of a scan: padding of its last byte. */
const beyond = 4;

/** Bits of entropy-coded data, from the highest, without stuffed bytes (§F.2.2.5). */
export class JpegBits {
  readonly #bytes: Uint8Array;
  #at: number;
  #bits = 0;
  #count = 0;
  #missing = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  bit(): number {
    if (this.#count === 0) this.#next();
    this.#count--;
    return (this.#bits >> this.#count) & 1;
  }

  /** An unsigned number of so many bits. */
  receive(length: number): number {
    let value = 0;
    for (let i = 0; i < length; i++) value = (value << 1) | this.bit();
    return value;
  }

  /** A difference or coefficient of a category (§F.2.2.1, EXTEND). */
  extended(category: number): number {
    if (category === 0) return 0;
    const value = this.receive(category);
    return value < 2 ** (category - 1) ? value - 2 ** category + 1 : value;
  }

  symbol({ largest, offset, symbols }: HuffmanTable): number {
    let code = 0;
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | this.bit();
      if (code <= (largest[length] as number)) return symbols[code + (offset[length] as number)] ?? 0;
    }
    throw new RangeError("a code that no table has");
  }

  /** Goes on behind a restart marker. */
  restart(): void {
    this.#count = 0;
    this.#missing = 0;
    const [bytes, at] = [this.#bytes, this.#at];
    if (bytes[at] === 0xff && ((bytes[at + 1] ?? 0) & 0xf8) === 0xd0) this.#at += 2;
  }

  #next(): void {
    const byte = this.#bytes[this.#at];
    const stuffed = byte === 0xff && this.#bytes[this.#at + 1] === 0;
    // A marker ends the scan; what a decoder still wants are zeros, and few of them.
    if (byte === undefined || (byte === 0xff && !stuffed)) {
      if (++this.#missing > beyond) throw new RangeError("a scan that ends too early");
      this.#bits = 0;
    } else {
      this.#bits = byte;
      this.#at += stuffed ? 2 : 1;
    }
    this.#count = 8;
  }
}

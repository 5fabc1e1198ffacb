import { type HuffmanTable, huffmanTable, JpegBits } from "./jpeg-bits.ts";
import { idct } from "./jpeg-idct.ts";
import { jpegHeader } from "./jpeg-stream.ts";

/** Coefficients of a block from their order in the stream (ITU-T T.81 §A.3.6). */
const zigZag = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
];
/** A progressive image has some ten scans; a hostile one has thousands. */
const scanLimit = 200;

type Scan = { from: number; to: number; high: number; low: number; dc: HuffmanTable; ac: HuffmanTable };

/**
 * Decodes grey JPEG in DCT, sequential and progressive, of 8 or 12 bits. It is here because decoders for browsers know 8
 * bits alone, or get 12 wrong by some grey levels.
 *
 * @returns samples by row.
 * @throws {RangeError} for what is no such stream, or ends too early.
 */
export function decodeGreyJpeg(bytes: Uint8Array): Uint16Array {
  const header = jpegHeader(bytes);
  if (header?.components !== 1 || ![8, 12].includes(header.precision)) throw new RangeError("no grey JPEG in DCT");
  const { width, height, precision } = header;
  const across = Math.ceil(width / 8);
  const blocks = across * Math.ceil(height / 8);
  const coefficients = new Int32Array(blocks * 64);
  const quantization = readScans(bytes, coefficients, blocks);
  const out = new Uint16Array(width * height);
  const full = 2 ** precision - 1;
  const block = new Float64Array(64);
  for (let b = 0; b < blocks; b++) {
    for (let i = 0; i < 64; i++) block[i] = (coefficients[b * 64 + i] as number) * (quantization[i] as number);
    idct(block);
    const top = Math.floor(b / across) * 8;
    const left = (b % across) * 8;
    for (let y = 0; y < 8 && top + y < height; y++)
      for (let x = 0; x < 8 && left + x < width; x++) {
        const sample = Math.round((block[y * 8 + x] as number) + 2 ** (precision - 1));
        out[(top + y) * width + left + x] = Math.min(full, Math.max(0, sample));
      }
  }
  return out;
}

/** Reads tables and scans up to the end of the image. @returns the quantization of each coefficient, by its place. */
function readScans(bytes: Uint8Array, coefficients: Int32Array, blocks: number): Float64Array {
  const word = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const quantizations = new Map<number, Float64Array>();
  const tables = new Map<number, HuffmanTable>();
  let progressive = false;
  let quantizationId = 0;
  let interval = 0;
  let scans = 0;
  for (let at = 2; at + 3 < bytes.length; ) {
    const marker = bytes[at] === 0xff ? (bytes[at + 1] as number) : -1;
    // Entropy-coded data, filling, and markers without a length are passed over.
    if (marker < 0xc0 || marker === 0xff || (marker >= 0xd0 && marker <= 0xd8)) {
      at++;
      continue;
    }
    if (marker === 0xd9) break;
    const body = at + 4;
    const end = at + 2 + word(at + 2);
    if (marker === 0xdb) readQuantization(bytes, body, end, quantizations);
    else if (marker === 0xc4) readHuffman(bytes, body, end, tables);
    else if (marker === 0xdd) interval = word(body);
    else if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2) {
      progressive = marker === 0xc2;
      quantizationId = bytes[body + 8] ?? 0;
    } else if (marker === 0xda) {
      if (++scans > scanLimit) throw new RangeError("too many scans");
      const selector = bytes[body + 2] ?? 0;
      const approximation = bytes[body + 5] ?? 0;
      const none = huffmanTable(new Uint8Array(16), new Uint8Array(0));
      const scan: Scan = {
        from: progressive ? (bytes[body + 3] ?? 0) : 0,
        to: progressive ? Math.min(bytes[body + 4] ?? 0, 63) : 63,
        high: progressive ? approximation >> 4 : 0,
        low: progressive ? approximation & 15 : 0,
        dc: tables.get(selector >> 4) ?? none,
        ac: tables.get(16 + (selector & 15)) ?? none,
      };
      readScan(new JpegBits(bytes, end), scan, coefficients, blocks, interval, progressive);
    } else if (marker >= 0xc3 && marker <= 0xcf) throw new RangeError("no JPEG of this kind");
    at = end;
  }
  const found = quantizations.get(quantizationId);
  if (!found || scans === 0) throw new RangeError("no scan, or no quantization");
  return found;
}

function readQuantization(bytes: Uint8Array, body: number, end: number, into: Map<number, Float64Array>): void {
  for (let at = body; at < end; ) {
    const kind = bytes[at++] ?? 0;
    const size = kind >> 4 === 0 ? 1 : 2;
    const table = new Float64Array(64);
    for (let i = 0; i < 64; i++, at += size)
      table[zigZag[i] as number] = size === 1 ? (bytes[at] ?? 0) : ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    into.set(kind & 15, table);
  }
}

/** Tables of both classes: DC under 0 to 3, AC under 16 to 19. */
function readHuffman(bytes: Uint8Array, body: number, end: number, into: Map<number, HuffmanTable>): void {
  for (let at = body; at + 17 <= end; ) {
    const kind = bytes[at] ?? 0;
    const counts = bytes.subarray(at + 1, at + 17);
    const total = counts.reduce((sum, count) => sum + count, 0);
    into.set(kind, huffmanTable(counts, bytes.subarray(at + 17, at + 17 + total)));
    at += 17 + total;
  }
}

function readScan(
  bits: JpegBits,
  scan: Scan,
  coefficients: Int32Array,
  blocks: number,
  interval: number,
  progressive: boolean,
): void {
  const state = { previous: 0, endOfBand: 0 };
  for (let b = 0; b < blocks; b++) {
    if (interval > 0 && b > 0 && b % interval === 0) {
      bits.restart();
      state.previous = 0;
      state.endOfBand = 0;
    }
    const block = coefficients.subarray(b * 64, b * 64 + 64);
    if (scan.from === 0 && scan.high > 0) block[0] = (block[0] as number) | (bits.bit() << scan.low);
    else if (scan.from === 0) {
      state.previous += bits.extended(bits.symbol(scan.dc));
      block[0] = state.previous * 2 ** scan.low;
    }
    if (scan.from > 0 && scan.high > 0) refine(bits, scan, block, state);
    else if (scan.from > 0 || !progressive) first(bits, { ...scan, from: Math.max(1, scan.from) }, block, state);
  }
}

/** AC coefficients for the first time (§F.2.2.2, §G.1.2.2). */
function first(bits: JpegBits, { from, to, low, ac }: Scan, block: Int32Array, state: { endOfBand: number }): void {
  if (state.endOfBand > 0) {
    state.endOfBand--;
    return;
  }
  for (let k = from; k <= to; k++) {
    const symbol = bits.symbol(ac);
    const run = symbol >> 4;
    const category = symbol & 15;
    if (category === 0 && run < 15) {
      state.endOfBand = 2 ** run - 1 + bits.receive(run);
      return;
    }
    k += run;
    if (category > 0 && k <= to) block[zigZag[k] as number] = bits.extended(category) * 2 ** low;
  }
}

/** One more bit of AC coefficients (§G.1.2.3). */
function refine(bits: JpegBits, { from, to, low, ac }: Scan, block: Int32Array, state: { endOfBand: number }): void {
  const step = 2 ** low;
  const correct = (place: number): void => {
    const value = block[place] as number;
    if (bits.bit() === 1 && (Math.abs(value) & step) === 0) block[place] = value + (value > 0 ? step : -step);
  };
  let k = from;
  if (state.endOfBand === 0)
    for (; k <= to; k++) {
      const symbol = bits.symbol(ac);
      let run = symbol >> 4;
      let fresh = 0;
      if ((symbol & 15) > 0) fresh = bits.bit() === 1 ? step : -step;
      else if (run < 15) {
        state.endOfBand = 2 ** run + bits.receive(run);
        break;
      }
      for (; k <= to; k++) {
        const place = zigZag[k] as number;
        if (block[place] !== 0) correct(place);
        else if (run-- === 0) {
          block[place] = fresh;
          break;
        }
      }
    }
  if (state.endOfBand > 0) {
    for (; k <= to; k++) if (block[zigZag[k] as number] !== 0) correct(zigZag[k] as number);
    state.endOfBand--;
  }
}

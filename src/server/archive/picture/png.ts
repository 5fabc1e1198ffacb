import { crc32, inflateSync } from "node:zlib";

type PngHead = { columns: number; rows: number; samples: 1 | 3 };
type Form = PngHead & { colour: number; channels: number };

/** Samples a pixel by colour type (PNG, third edition, table 8). */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * What a PNG says that it is, of 8 bits a sample and not interlaced, as scanners and screenshots are.
 *
 * @returns null for what is damaged or of another form.
 */
export function pngHead(bytes: Buffer): PngHead | null {
  const form = formOf(bytes);
  return form && { columns: form.columns, rows: form.rows, samples: form.samples };
}

function formOf(bytes: Buffer): Form | null {
  // The header is the first chunk, of 13 bytes (§11.2.1).
  if (bytes.length < 33 || bytes.readUInt32BE(8) !== 13 || bytes.toString("latin1", 12, 16) !== "IHDR") return null;
  const [columns, rows] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const [depth, colour, , , interlace] = bytes.subarray(24);
  const channels = channelsOf[colour as number];
  if (depth !== 8 || interlace !== 0 || !channels || columns === 0 || rows === 0) return null;
  return { columns, rows, samples: colour === 0 || colour === 4 ? 1 : 3, colour: colour as number, channels };
}

/**
 * Decodes such a PNG to grey or RGB by pixel; what is transparent is drawn on white. Runs in the picture thread: it takes a while, and the
 * bytes may be hostile. The caller has looked at the size that {@link pngHead} tells.
 *
 * @returns null for what is damaged.
 */
export function readPng(bytes: Buffer): Buffer | null {
  const form = formOf(bytes);
  if (!form) return null;
  const { columns, rows, samples, colour, channels } = form;
  const data: Buffer[] = [];
  let palette: Buffer | null = null;
  let alphas: Buffer | null = null;
  let ended = false;
  for (let at = 8; at + 12 <= bytes.length && !ended; ) {
    const length = bytes.readUInt32BE(at);
    const end = at + 8 + length;
    if (end + 4 > bytes.length || crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end)) return null;
    const type = bytes.toString("latin1", at + 4, at + 8);
    const body = bytes.subarray(at + 8, end);
    if (type === "PLTE") palette = body;
    else if (type === "tRNS") alphas = body;
    else if (type === "IDAT") data.push(body);
    else if (type === "IEND") ended = true;
    at = end + 4;
  }
  if (!ended || (colour === 3 && !palette)) return null;
  const stride = columns * channels;
  let raw: Buffer;
  try {
    raw = inflateSync(Buffer.concat(data), { maxOutputLength: (stride + 1) * rows });
  } catch {
    return null;
  }
  if (raw.length !== (stride + 1) * rows || !unfilter(raw, rows, stride, channels)) return null;
  const pixels = Buffer.alloc(columns * rows * samples);
  const onWhite = (value: number, alpha: number): number => Math.round((value * alpha + 255 * (255 - alpha)) / 255);
  for (let y = 0, to = 0; y < rows; y++)
    for (let from = y * (stride + 1) + 1, x = 0; x < columns; x++, from += channels) {
      const index = raw[from] as number;
      if (colour === 3 && index * 3 + 2 >= (palette?.length ?? 0)) return null;
      const alpha =
        colour === 4 ? raw[from + 1] : colour === 6 ? raw[from + 3] : colour === 3 ? (alphas?.[index] ?? 255) : 255;
      for (let s = 0; s < samples; s++)
        pixels[to++] = onWhite((colour === 3 ? palette?.[index * 3 + s] : raw[from + s]) as number, alpha as number);
    }
  return pixels;
}

/** Undoes the filters of the rows in place (§9). @returns false for a filter that there is not. */
function unfilter(raw: Buffer, rows: number, stride: number, step: number): boolean {
  for (let y = 0; y < rows; y++) {
    const at = y * (stride + 1);
    const filter = raw[at] as number;
    if (filter > 4) return false;
    if (filter === 0) continue;
    for (let x = 1; x <= stride; x++) {
      const left = x > step ? (raw[at + x - step] as number) : 0;
      const up = y > 0 ? (raw[at - stride - 1 + x] as number) : 0;
      const corner = y > 0 && x > step ? (raw[at - stride - 1 + x - step] as number) : 0;
      raw[at + x] = ((raw[at + x] as number) + guess(filter, left, up, corner)) & 0xff;
    }
  }
  return true;
}

function guess(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  return filter === 3 ? (left + up) >> 1 : paeth(left, up, corner);
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

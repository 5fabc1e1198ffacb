import { inflateSync } from "node:zlib";

/** A picture as it was sent: samples of one pixel beside each other, row after row. */
export type ReadPicture = { width: number; height: number; channels: number; data: Buffer };

/** Reads a PNG as we write it: 8 bits, one chunk of pixels, no filter. */
export function readPng(png: Buffer): ReadPicture {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const channels = png[25] === 2 ? 3 : 1;
  const start = png.indexOf("IDAT") + 4;
  const lines = inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)));
  const stride = width * channels + 1;
  const rows = Array.from({ length: height }, (_, y) => lines.subarray(y * stride + 1, (y + 1) * stride));
  return { width, height, channels, data: Buffer.concat(rows) };
}

/** Reads a GIF of one picture with a palette of 256 (GIF89a, appendix F for its LZW). */
export function readGif(gif: Buffer): ReadPicture {
  const [width, height] = [gif.readUInt16LE(6), gif.readUInt16LE(8)];
  const palette = gif.subarray(13, 13 + 768);
  let at = 13 + 768 + 10;
  const codeBits = gif[at++]!;
  const packed: Buffer[] = [];
  for (let length = gif[at++]!; length > 0; length = gif[at++]!) {
    packed.push(gif.subarray(at, at + length));
    at += length;
  }
  if (gif[at] !== 0x3b || at !== gif.length - 1) throw new Error("no end where the GIF ends");
  const bytes = Buffer.concat(packed);
  let bit = 0;
  const take = (size: number): number => {
    let code = 0;
    for (let i = 0; i < size; i++, bit++) code |= (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1) << i;
    return code;
  };
  const [clear, end] = [1 << codeBits, (1 << codeBits) + 1];
  const indices: number[] = [];
  let table: number[][] = [];
  let size = codeBits + 1;
  let previous: number[] | null = null;
  for (let code = take(size); code !== end; code = take(size)) {
    if (code === clear) {
      table = [];
      size = codeBits + 1;
      previous = null;
      continue;
    }
    const known = code < clear ? [code] : table[code - end - 1];
    if (!known && (!previous || code !== end + 1 + table.length)) throw new Error(`code ${code} is not known`);
    const entry: number[] = known ?? [...previous!, previous![0]!];
    indices.push(...entry);
    if (previous && end + 1 + table.length < 4096) table.push([...previous, entry[0]!]);
    if (end + 1 + table.length === 1 << size && size < 12) size++;
    previous = entry;
  }
  if (indices.length !== width * height) throw new Error(`${indices.length} pixels of ${width * height}`);
  return { width, height, channels: 3, data: Buffer.concat(indices.map((i) => palette.subarray(i * 3, i * 3 + 3))) };
}

import type { Picture } from "@overread/shared/dicom/pixels/description";

/** Levels of red, green and blue in the palette of an image with more than 256 colours. */
const levels = [6, 7, 6] as const;

/**
 * GIF (GIF89a), one image: grey and up to 256 colours exactly, more as the nearest of a cube of 252.
 *
 * @see PS3.18 Table 8.7.4-1, which requires it of an origin server.
 */
export function encodeGif(picture: Picture): Uint8Array {
  const { width, height } = picture;
  if (width > 0xffff || height > 0xffff) throw new RangeError("too large for a GIF");
  const { palette, indices } =
    picture.channels === 1 ? greys(picture) : (exactColours(picture) ?? nearestColours(picture));
  const head = Buffer.alloc(13);
  head.write("GIF89a", "latin1");
  head.writeUInt16LE(width, 6);
  head.writeUInt16LE(height, 8);
  head[10] = 0xf7; // a palette of 256, 8 bits a primary colour
  const descriptor = Buffer.alloc(10);
  descriptor[0] = 0x2c;
  descriptor.writeUInt16LE(width, 5);
  descriptor.writeUInt16LE(height, 7);
  return Buffer.concat([head, palette, descriptor, Buffer.of(8), ...blocks(compress(indices)), Buffer.of(0, 0x3b)]);
}

type Indexed = { palette: Buffer; indices: Uint8Array };

const greys = ({ data }: Picture): Indexed => ({
  palette: Buffer.from(Array.from({ length: 768 }, (_, i) => Math.floor(i / 3))),
  indices: data,
});

function exactColours({ data }: Picture): Indexed | null {
  const known = new Map<number, number>();
  const palette = Buffer.alloc(768);
  const indices = new Uint8Array(data.length / 3);
  for (let i = 0; i < indices.length; i++) {
    const [r, g, b] = [data[i * 3] as number, data[i * 3 + 1] as number, data[i * 3 + 2] as number];
    const colour = (r << 16) | (g << 8) | b;
    let index = known.get(colour);
    if (index === undefined) {
      index = known.size;
      if (index === 256) return null;
      known.set(colour, index);
      palette.set([r, g, b], index * 3);
    }
    indices[i] = index;
  }
  return { palette, indices };
}

function nearestColours({ data }: Picture): Indexed {
  const [reds, greens, blues] = levels;
  const palette = Buffer.alloc(768);
  for (let i = 0; i < reds * greens * blues; i++) {
    const steps = [Math.floor(i / (greens * blues)), Math.floor(i / blues) % greens, i % blues];
    palette.set(
      steps.map((step, c) => Math.round((step * 255) / ((levels[c] as number) - 1))),
      i * 3,
    );
  }
  const step = (value: number, count: number): number => Math.round((value * (count - 1)) / 255);
  const indices = new Uint8Array(data.length / 3);
  for (let i = 0; i < indices.length; i++) {
    const red = step(data[i * 3] as number, reds);
    const green = step(data[i * 3 + 1] as number, greens);
    indices[i] = (red * greens + green) * blues + step(data[i * 3 + 2] as number, blues);
  }
  return { palette, indices };
}

const clearCode = 256;
const endCode = 257;
/** Variable-length LZW from 9 to 12 bits, least significant bit first. */
function compress(indices: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil((indices.length * 12) / 8) + 1024);
  let at = 0;
  let bits = 0;
  let held = 0;
  let size = 9;
  const write = (code: number): void => {
    held |= code << bits;
    for (bits += size; bits >= 8; bits -= 8) {
      out[at++] = held & 0xff;
      held >>>= 8;
    }
  };
  let table = new Map<number, number>();
  let next = endCode + 1;
  write(clearCode);
  let prefix = indices[0] as number;
  for (let i = 1; i < indices.length; i++) {
    const index = indices[i] as number;
    const key = (prefix << 8) | index;
    const known = table.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    write(prefix);
    if (next === 4096) {
      write(clearCode);
      table = new Map();
      next = endCode + 1;
      size = 9;
    } else {
      if (next === 1 << size) size++;
      table.set(key, next++);
    }
    prefix = index;
  }
  write(prefix);
  // The decoder's table is one entry behind.
  if (next === 1 << size && size < 12) size++;
  write(endCode);
  if (bits > 0) out[at++] = held & 0xff;
  return out.subarray(0, at);
}

function* blocks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.subarray(at, at + 255);
    yield Uint8Array.of(block.length);
    yield block;
  }
}

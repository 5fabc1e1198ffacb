import { createRequire } from "node:module";
import { crc32, deflateSync } from "node:zlib";
import type { Picture } from "./draw.ts";

type JpegEncoder = {
  getDecodedBuffer(info: {
    width: number;
    height: number;
    bitsPerSample: number;
    componentCount: number;
    isSigned: boolean;
  }): Uint8Array;
  getEncodedBuffer(): Uint8Array;
  setQuality(quality: number): void;
  setSubSampling(mode: number): void;
  encode(): void;
  delete(): void;
};
type JpegModule = { JPEGEncoder: new () => JpegEncoder };
const require = createRequire(import.meta.url);
let jpeg: Promise<JpegModule> | undefined;

/** @param quality 1 to 100. */
export async function encodeJpeg({ width, height, channels, data }: Picture, quality: number): Promise<Uint8Array> {
  jpeg ??= (require("@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs") as () => Promise<JpegModule>)();
  const { JPEGEncoder } = await jpeg;
  const encoder = new JPEGEncoder();
  try {
    encoder.getDecodedBuffer({ width, height, bitsPerSample: 8, componentCount: channels, isSigned: false }).set(data);
    encoder.setQuality(quality);
    encoder.encode();
    return Uint8Array.from(encoder.getEncodedBuffer());
  } finally {
    encoder.delete();
  }
}

/** PNG (ISO/IEC 15948), 8 bits, no filter. */
export function encodePng({ width, height, channels, data }: Picture): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = channels === 1 ? 0 : 2;
  const stride = width * channels;
  const lines = Buffer.alloc((stride + 1) * height);
  for (let y = 0; y < height; y++) lines.set(data.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines, { level: 6 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, "latin1");
  data.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

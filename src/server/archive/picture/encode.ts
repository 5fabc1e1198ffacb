import { createRequire } from "node:module";
import { crc32, deflateSync } from "node:zlib";
import type { Picture } from "@overread/shared/dicom/pixels/description";
import jpeg from "jpeg-js";

type Encoder = {
  getDecodedBuffer(info: object): Uint8Array;
  setQuality(quality: number): void;
  setProgressive(progressive: boolean): void;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
  delete(): void;
};
type Factory = (options: object) => Promise<{ JPEGEncoder: new () => Encoder }>;

const require = createRequire(import.meta.url);
let loaded: ReturnType<Factory> | undefined;
/** The WebAssembly encoder reads past its buffer for images smaller than a few blocks. Pixels. */
const smallSide = 32;

/**
 * JPEG, baseline.
 *
 * @param quality 1 to 100.
 */
export async function encodeJpeg(picture: Picture, quality: number): Promise<Uint8Array> {
  const { width, height, channels, data } = picture;
  if (width < smallSide || height < smallSide) return encodeSmallJpeg(picture, quality);
  const factory: Factory = require("@cornerstonejs/codec-libjpeg-turbo-8bit/wasmjs");
  loaded ??= factory({ print: () => {}, printErr: () => {} });
  const { JPEGEncoder } = await loaded;
  const encoder = new JPEGEncoder();
  try {
    encoder.getDecodedBuffer({ width, height, bitsPerSample: 8, componentCount: channels, isSigned: false }).set(data);
    encoder.setQuality(quality);
    encoder.setProgressive(false);
    encoder.encode();
    return encoder.getEncodedBuffer().slice();
  } finally {
    encoder.delete();
  }
}

function encodeSmallJpeg({ width, height, channels, data }: Picture, quality: number): Uint8Array {
  const rgba = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const from = i * channels;
    rgba[i * 4] = data[from] as number;
    rgba[i * 4 + 1] = data[channels === 1 ? from : from + 1] as number;
    rgba[i * 4 + 2] = data[channels === 1 ? from : from + 2] as number;
    rgba[i * 4 + 3] = 255;
  }
  return jpeg.encode({ width, height, data: rgba }, quality).data;
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

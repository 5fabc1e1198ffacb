import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { decodeGreyJpeg } from "@overread/shared/dicom/pixels/jpeg-grey";
import {
  type JpegHeader,
  jpegHeader,
  withColourTransform,
  withoutPointTransform,
} from "@overread/shared/dicom/pixels/jpeg-stream";
import { cannotDraw, damaged } from "./cannot-draw.ts";
import { jpegTurbo } from "./codecs.ts";
import { decodeWith } from "./decode-with.ts";
import { type DecodedFrame, decoded } from "./decoded-frame.ts";

/** JPEG: the stream itself decides whether it is lossless and of how many bits, since labels are often wrong about both. */
export async function decodeJpeg(frame: Uint8Array, description: PixelDescription): Promise<DecodedFrame> {
  const header = checkedHeader(frame, description);
  if (header.process === "lossless") return decodeLossless(frame, description, header);
  // A decoder of another process would find values in it: no picture rather than a wrong one.
  if (header.process !== "dct") throw cannotDraw("There is no decoder here for JPEG of this process.");
  if (header.precision === 8) {
    const stream = withColourTransform(frame, description.photometric);
    return decodeWith(jpegTurbo, stream, description, () => ({ rgb: true, signed: false }));
  }
  if (header.precision !== 12 || header.components !== 1)
    throw cannotDraw(`There is no decoder here for JPEG of ${header.precision} bits in colour.`);
  const bytes = new Uint8Array(decodeGreyJpeg(frame).buffer);
  return decoded(bytes, description, { precision: 12, signed: false, sampleBytes: 2, rgb: false });
}

/** JPEG lossless (ITU-T T.81 Annex H), its point transform applied. */
async function decodeLossless(
  frame: Uint8Array,
  description: PixelDescription,
  { precision, components, width, height }: JpegHeader,
): Promise<DecodedFrame> {
  const sampleBytes = precision > 8 ? 2 : 1;
  if (components > 1 && sampleBytes > 1)
    throw cannotDraw("Lossless JPEG in colour of more than 8 bits cannot be drawn here.");
  const { Decoder } = await import("@cornerstonejs/jpeg-lossless-decoder-js");
  const { stream, shift } = withoutPointTransform(frame);
  const copy = new Uint8Array(stream);
  const found = new Decoder().decode(copy.buffer, 0, copy.length, sampleBytes) as Uint8Array | Uint16Array;
  const count = width * height * components;
  if (found.length < count) throw cannotDraw(damaged);
  const values = found.subarray(0, count);
  if (shift > 0) for (let i = 0; i < count; i++) values[i] = (values[i] as number) << shift;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return decoded(bytes, description, { precision, signed: false, sampleBytes, rgb: false });
}

/** A stream may claim any size; only the one the data set announced was paid for. */
function checkedHeader(frame: Uint8Array, { rows, columns, samplesPerPixel }: PixelDescription) {
  const header = jpegHeader(frame);
  if (!header || header.width !== columns || header.height !== rows || header.components !== samplesPerPixel)
    throw cannotDraw(damaged);
  return header;
}

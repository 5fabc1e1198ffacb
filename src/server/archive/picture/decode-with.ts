import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { DomainError } from "@overread/shared/errors";
import { cannotDraw, damaged } from "./cannot-draw.ts";
import { type Codec, decoderOf, type FrameInfo } from "./codecs.ts";
import { type DecodedFrame, decoded } from "./decoded-frame.ts";

/**
 * Decodes with one of the WebAssembly codecs, which return samples by pixel.
 *
 * @param meaning how the codec has handled colour and sign.
 * @throws {DomainError} `dicom.cannot-render` for a result that does not match the data set.
 */
export async function decodeWith(
  codec: Codec,
  frame: Uint8Array,
  description: PixelDescription,
  meaning: (info: FrameInfo) => { rgb: boolean; signed: boolean },
): Promise<DecodedFrame> {
  const decoder = await decoderOf(codec);
  try {
    decoder.getEncodedBuffer(frame.length).set(frame);
    decoder.decode();
    const info = decoder.getFrameInfo();
    const { width, height, componentCount, bitsPerSample } = info;
    // A stream may claim any size; only the size announced by the data set was accounted for.
    if (width !== description.columns || height !== description.rows || componentCount !== description.samplesPerPixel)
      throw cannotDraw(damaged);
    const sampleBytes = bitsPerSample <= 8 ? 1 : bitsPerSample <= 16 ? 2 : 4;
    const bytes = new Uint8Array(decoder.getDecodedBuffer());
    if (bytes.length < width * height * componentCount * sampleBytes) throw cannotDraw(damaged);
    return decoded(bytes, description, { precision: bitsPerSample, sampleBytes, ...meaning(info) });
  } catch (error) {
    throw error instanceof DomainError ? error : cannotDraw(damaged, error);
  } finally {
    decoder.delete();
  }
}

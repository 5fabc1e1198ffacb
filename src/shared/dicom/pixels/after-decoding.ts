import type { PixelDescription } from "./description.ts";

/** Properties of a compressed stream, as found by a decoder. */
export type DecodedStream = {
  /** Bits of a sample as the stream says. */
  precision: number;
  signed: boolean;
  /** Bytes of a sample as the decoder gives it. */
  sampleBytes: 1 | 2 | 4;
  /** Whether the decoder has turned the colours into RGB. */
  rgb: boolean;
};

/**
 * How to interpret a decoder's samples: by pixel, in cells of the decoder's size, at the stream's bit depth. A stream
 * with as many bits as are stored contains the values only; one with more contains whole pixel cells, whose High Bit
 * applies as in native pixels. When Pixel Representation says signed and the stream does not, the sign is the highest
 * bit of the precision.
 */
export function afterDecoding(description: PixelDescription, stream: DecodedStream): PixelDescription {
  const bitsAllocated = stream.sampleBytes * 8;
  const cells = stream.precision > description.bitsStored;
  // Decoders sign-extend to the cell, so the highest stored bit is the sign already.
  const bitsStored = Math.min(cells ? description.bitsStored : stream.precision, bitsAllocated);
  return {
    ...description,
    bitsAllocated,
    bitsStored,
    highBit: cells ? Math.min(description.highBit, stream.precision - 1) : bitsStored - 1,
    signed: description.signed || stream.signed,
    planar: false,
    photometric: stream.rgb && description.samplesPerPixel >= 3 ? "RGB" : description.photometric,
  };
}

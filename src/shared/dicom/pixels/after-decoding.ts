import type { PixelDescription } from "./description.ts";

/** What a decoder found in a compressed stream. */
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
 * How the samples that a decoder gave are to be understood: by pixel, in cells of the decoder's size, at the bits the
 * stream had. A stream of as many bits as are stored holds the values alone; one of more holds whole pixel cells, whose
 * High Bit counts as in native pixels. When Pixel Representation says signed and the stream does not, the sign stands in
 * the highest bit of the precision.
 */
export function afterDecoding(description: PixelDescription, stream: DecodedStream): PixelDescription {
  const bitsAllocated = stream.sampleBytes * 8;
  const cells = stream.precision > description.bitsStored;
  // Decoders give signed samples with their sign extended to the cell, so the highest stored bit is the sign already.
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

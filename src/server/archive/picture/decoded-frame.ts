import { afterDecoding, type DecodedStream } from "@overread/shared/dicom/pixels/after-decoding";
import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { frameBytes, storedValues } from "@overread/shared/dicom/pixels/stored-values";

/** A frame's uncompressed bytes, little endian, and how to interpret them. */
export type DecodedFrame = { bytes: Uint8Array; description: PixelDescription };

/** A frame as returned by a decoder. */
export function decoded(bytes: Uint8Array, description: PixelDescription, stream: DecodedStream): DecodedFrame {
  return { bytes, description: afterDecoding(description, stream) };
}

/**
 * The frame's values in the data set's own pixel cells, for uncompressed retrieval (PS3.18 §8.7.3.3): widened or packed
 * where the decoder's cells have another size, signs extended.
 *
 * @param wanted the data set's own description.
 */
export function inCells({ bytes, description }: DecodedFrame, wanted: PixelDescription): Uint8Array {
  const { bitsAllocated, bitsStored, highBit, float } = wanted;
  const whole = bytes.subarray(0, Math.min(bytes.length, frameBytes(description)));
  // Cells that the decoder returned whole may contain more than the value: overlays stay in place.
  if (
    float ||
    (description.bitsAllocated === bitsAllocated && description.bitsStored === bitsStored && !description.signed)
  )
    return whole;
  const values = storedValues(whole, description);
  if (bitsAllocated === 1) {
    const packed = new Uint8Array(Math.ceil(values.length / 8));
    for (let i = 0; i < values.length; i++)
      packed[i >> 3] = (packed[i >> 3] as number) | (((values[i] as number) & 1) << (i & 7));
    return packed;
  }
  const cells = cellsOf(bitsAllocated, values.length);
  const up = highBit + 1 - bitsStored;
  for (let i = 0; i < values.length; i++) cells[i] = (values[i] as number) << up;
  return new Uint8Array(cells.buffer);
}

function cellsOf(bitsAllocated: number, length: number): Uint8Array | Uint16Array | Uint32Array {
  if (bitsAllocated <= 8) return new Uint8Array(length);
  return bitsAllocated <= 16 ? new Uint16Array(length) : new Uint32Array(length);
}

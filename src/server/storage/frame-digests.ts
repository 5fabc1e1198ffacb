import { crc32 } from "node:zlib";
import type { EncapsulatedPixels, NativePixels } from "@overread/shared/dicom/part10";
import type { RandomAccess } from "@overread/shared/dicom/random-access";

/**
 * Up to this size a frame is checked by the SHA-256 of its whole object; the frames of larger objects have a checksum
 * each, so that one of a thousand can be checked without reading the others. Bytes.
 */
export const wholeLimit = 4 << 20;

/** The extents of each frame's stored bytes in the file: one list of offset and length per frame. */
function* frameExtents(pixel: NativePixels | EncapsulatedPixels): Generator<readonly (readonly [number, number])[]> {
  if (pixel.kind === "encapsulated") {
    for (const extents of pixel.frames) yield extents;
    return;
  }
  for (let frame = 0; frame < pixel.frames; frame++) {
    const start = Math.floor((frame * pixel.frameBits) / 8);
    yield [[pixel.offset + start, Math.ceil(((frame + 1) * pixel.frameBits) / 8) - start]];
  }
}

/** CRC-32 of each frame's stored bytes, its fragments concatenated. */
export async function digestFrames(source: RandomAccess, pixel: NativePixels | EncapsulatedPixels): Promise<number[]> {
  const digests: number[] = [];
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (const extents of frameExtents(pixel)) {
    let sum = 0;
    for (const [offset, length] of extents)
      for (let at = 0; at < length; ) {
        const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, length - at), offset + at);
        // A frame truncated by the end of the file is an error when it is requested.
        if (bytesRead === 0) break;
        sum = crc32(buffer.subarray(0, bytesRead), sum);
        at += bytesRead;
      }
    digests.push(sum);
  }
  return digests;
}

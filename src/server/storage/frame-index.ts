import type { ByteRange } from "@overread/shared/dicom/dicom-json";
import type { EncapsulatedPixels, NativePixels } from "@overread/shared/dicom/part10";

/**
 * The positions of pixels and bulk values in a stored object, kept with its row so that a frame is one read. Offsets
 * count from the first byte of the data set (after group 0002), of the inflated one when `inflated`.
 */
export type FrameIndex = {
  inflated?: true;
  pixel?:
    | {
        kind: "native";
        tag: string;
        vr: string;
        offset: number;
        length: number;
        frameLength: number;
        frameBits: number;
        frames: number;
        bigEndian?: true;
        crc32?: number[];
      }
    /** Each frame: offset, length, offset, length, … of its fragments. */
    | { kind: "encapsulated"; vr: string; frames: number[][]; stream?: true; crc32?: number[] };
  /** Bulk values by attribute path (`"00880200/1/7FE00010"`): offset, length, VR. */
  bulk?: Record<string, [offset: number, length: number, vr: string]>;
};

/** @param crc32 of each frame's stored bytes, for objects too large to be checked whole. @param dataSetOffset what the layout's offsets count from the start of, taken off. 0 for inflated data. */
export function frameIndexOf(
  pixel: NativePixels | EncapsulatedPixels | null,
  bulk: Map<string, ByteRange & { vr: string }>,
  dataSetOffset: number,
  inflated: boolean,
  crc32?: number[],
): FrameIndex | null {
  if (!pixel && bulk.size === 0) return null;
  const index: FrameIndex = inflated ? { inflated: true } : {};
  if (pixel?.kind === "native") {
    const { tag, vr, offset, length, frameLength, frameBits, frames, bigEndian } = pixel;
    index.pixel = {
      kind: "native",
      tag,
      vr,
      offset: offset - dataSetOffset,
      length,
      frameLength,
      frameBits,
      frames,
      ...(bigEndian ? { bigEndian: true } : {}),
      ...(crc32 ? { crc32 } : {}),
    };
  } else if (pixel) {
    index.pixel = {
      kind: "encapsulated",
      vr: pixel.vr,
      frames: pixel.frames.map((extents) => extents.flatMap(([offset, length]) => [offset - dataSetOffset, length])),
      ...(pixel.stream ? { stream: true } : {}),
      ...(crc32 ? { crc32 } : {}),
    };
  }
  if (bulk.size > 0) {
    index.bulk = {};
    for (const [path, { offset, length, vr }] of bulk) index.bulk[path] = [offset - dataSetOffset, length, vr];
  }
  return index;
}

import { TS, transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import type { InstanceLocation } from "#server/domain/imaging/index.ts";
import { frameCount, frameIndexOfInstance } from "../read-frames.ts";

/** HTJ2K, lossless, by resolution: a piece of its beginning is a smaller picture of the whole (PS3.5 §8.2.14). */
export const renditionSyntax = TS.htj2kLosslessRpcl;

/** Of how renditions are made: another number, and all are made anew. */
const version = 1;

/** Kept with the image's row. `none`: why there is none. `frames`: bytes and CRC-32 of each frame, one behind the other in the object. */
export type RenditionIndex =
  | { version: number; none: NoRendition }
  | { version: number; madeAt: string; frames: [bytes: number, crc32: number][] };

/** `form`: pixels of another kind; `bits`: something else stands in spare bits of the pixels; `gain`: hardly smaller than the original. */
export type NoRendition = "form" | "bits" | "gain";

export const noRendition = (none: NoRendition): RenditionIndex => ({ version, none });
export const renditionOf = (frames: [number, number][]): RenditionIndex => ({
  version,
  madeAt: new Date().toISOString(),
  frames,
});

/** Smaller frames arrive at once as they are. Bytes. */
const smallestFrame = 64 << 10;
/** Encoding takes several times this much memory. Bytes. */
const largestFrame = 64 << 20;
const mostFrames = 4000;
/** Renditions are cleared away after 30 days (`preparedAgeMs`). Milliseconds. */
const renewAfterMs = 25 * 24 * 60 * 60_000;

/** Where each frame of the rendition is; null where there is none. */
export function renditionFrames({ rendition }: InstanceLocation): [bytes: number, crc32: number][] | null {
  const index = rendition as RenditionIndex | null;
  return index?.version === version && "frames" in index ? index.frames : null;
}

/** Whether the frames are of a kind of which a rendition may be made. What their values say is seen when they are read. */
export function mayHaveRendition(image: InstanceLocation): boolean {
  const { pixel, inflated } = frameIndexOfInstance(image);
  const syntax = transferSyntaxes[image.transferSyntaxUid];
  if (!syntax || syntax.opaquePixels || syntax.codec !== null || inflated || pixel?.kind !== "native") return false;
  const { frameLength } = pixel;
  return frameLength >= smallestFrame && frameLength <= largestFrame && frameCount(image) <= mostFrames;
}

/** Whether it was not looked at yet, or so long ago that it may have been cleared away. */
export function lacksRendition({ rendition }: InstanceLocation, now = Date.now()): boolean {
  const index = rendition as RenditionIndex | null;
  if (index?.version !== version) return true;
  return "frames" in index && now - Date.parse(index.madeAt) > renewAfterMs;
}

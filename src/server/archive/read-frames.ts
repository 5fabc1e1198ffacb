import { crc32 } from "node:zlib";
import { unpackLimit } from "@overread/shared/dicom/limits";
import { type Extent, readBytes } from "@overread/shared/dicom/part10";
import { swapped } from "@overread/shared/dicom/value";
import { DomainError } from "@overread/shared/errors";
import type { InstanceLocation } from "#server/domain/imaging/index.ts";
import { wholeLimit } from "#server/storage/frame-digests.ts";
import type { FrameIndex } from "#server/storage/frame-index.ts";
import type { OpenObject } from "#server/storage/object-store.ts";
import { ReadingMemory } from "#server/storage/reading-memory.ts";
import { assertWhole, corrupt, objectVersion, openObject, readFully } from "./whole-object.ts";

/** A larger frame is refused: allocating it would let one request exhaust the memory. Bytes. */
const frameLimit = 512 << 20;
/** How far a deflated data set is inflated for one value. Bytes. */
const inflateReach = 512 << 20;

export const frameIndexOfInstance = (instance: Pick<InstanceLocation, "frameIndex">): FrameIndex =>
  (instance.frameIndex ?? {}) as FrameIndex;

/** The number of frames that can be retrieved. */
export function frameCount(instance: InstanceLocation): number {
  const { pixel } = frameIndexOfInstance(instance);
  if (!pixel) return 0;
  return pixel.kind === "native" ? pixel.frames : pixel.frames.length;
}

/**
 * Frames as stored: fragments of a compressed frame joined, native ones little endian, 1-bit ones aligned to a byte.
 *
 * @param numbers from 1.
 * @param memory to read into; by default memory that is never given back.
 * @throws {DomainError} `frame.not-found`, `dicom.cannot-render`, `storage.corrupt`, `dicom.truncated`
 */
export async function readFrames(
  instance: InstanceLocation,
  numbers: number[],
  memory = new ReadingMemory(),
): Promise<Buffer[]> {
  return withObject(instance, memory, async (reader, object) => {
    if (!hasDigests(instance)) await assertWhole(object, instance);
    const frames: Buffer[] = [];
    for (const number of numbers) frames.push(await readFrame(instance, reader, number));
    return frames;
  });
}

/** What was found sound frame by frame: by object and frame, the version of the file. Not for longer than {@link soundMs}. */
const soundFrames = new Map<string, { version: string; until: number }>();
const soundMs = 10 * 60_000;
const mostSound = 20_000;

/**
 * Makes sure that frames stand in the image's object as they were received, as reading them does, of one version of the file once in a while.
 *
 * @throws {DomainError} `storage.corrupt`, `storage.unavailable`, `frame.not-found`, `dicom.truncated`
 */
export async function assertFramesSound(instance: InstanceLocation, numbers: number[]): Promise<void> {
  if (!hasDigests(instance)) {
    const object = await openObject(instance);
    try {
      return await assertWhole(object, instance);
    } finally {
      object.close().catch(() => {});
    }
  }
  // Before it is read: what is believed is of this version or of a later one.
  const version = await objectVersion(instance);
  for (const number of numbers) {
    const name = `${instance.objectKey} ${instance.dataSetSha256} ${number}`;
    const known = soundFrames.get(name);
    if (known?.version === version && known.until > Date.now()) continue;
    const memory = new ReadingMemory();
    try {
      await readFrames(instance, [number], memory);
    } finally {
      memory.giveBack();
    }
    if (soundFrames.size >= mostSound) soundFrames.delete(soundFrames.keys().next().value as string);
    soundFrames.set(name, { version, until: Date.now() + soundMs });
  }
}

/** Reads extents of the data set, `[offset, length]`, consecutively into one buffer. */
type Reader = (...extents: Extent[]) => Promise<Buffer>;

async function readFrame(instance: InstanceLocation, read: Reader, number: number): Promise<Buffer> {
  const { pixel } = frameIndexOfInstance(instance);
  if (!pixel || !Number.isInteger(number) || number < 1) throw new DomainError("frame.not-found");
  if (pixel.kind === "encapsulated") {
    const flat = pixel.frames[number - 1];
    if (!flat) throw missingFrame(instance, number);
    const extents: Extent[] = [];
    for (let i = 0; i + 1 < flat.length; i += 2) extents.push([flat[i] as number, flat[i + 1] as number]);
    if (extents.reduce((sum, [, length]) => sum + length, 0) > frameLimit) throw tooLarge();
    return sound(instance, number, await read(...extents));
  }
  if (number > pixel.frames) throw missingFrame(instance, number);
  if (pixel.frameLength > frameLimit) throw tooLarge();
  const startBit = (number - 1) * pixel.frameBits;
  const start = Math.floor(startBit / 8);
  const end = Math.ceil((startBit + pixel.frameBits) / 8);
  const bytes = sound(instance, number, await read([pixel.offset + start, end - start]));
  if (startBit % 8 !== 0) return shiftBits(bytes, startBit % 8, pixel.frameLength);
  return pixel.bigEndian ? swapped(bytes, pixel.vr) : bytes;
}

const tooLarge = (): DomainError =>
  new DomainError("dicom.cannot-render", { details: { reason: "It is larger than what is taken apart here." } });

/** Distinguishes a frame that the header announces but the pixel data lack from one that never existed. */
function missingFrame({ numberOfFrames }: InstanceLocation, number: number): DomainError {
  return new DomainError(number <= Math.max(1, numberOfFrames) ? "dicom.truncated" : "frame.not-found");
}

/** Frames of a large object are checked one by one; a small object is checked as a whole, which costs hardly more. */
function hasDigests(instance: InstanceLocation): boolean {
  const { pixel, inflated } = frameIndexOfInstance(instance);
  return instance.sizeBytes > wholeLimit && !inflated && pixel?.crc32 !== undefined;
}

/** A frame's stored bytes, checked. @throws {DomainError} `storage.corrupt` */
function sound(instance: InstanceLocation, number: number, stored: Buffer): Buffer {
  const digests = frameIndexOfInstance(instance).pixel?.crc32;
  if (digests && crc32(stored) !== digests[number - 1]) throw corrupt(instance);
  return stored;
}

/** Packed bits start with the least significant (PS3.5 §8.1.1). */
function shiftBits(bytes: Buffer, shift: number, length: number): Buffer {
  const out = Buffer.alloc(length);
  for (let i = 0; i < length; i++) out[i] = ((bytes[i] ?? 0) >> shift) | ((bytes[i + 1] ?? 0) << (8 - shift));
  return out;
}

/** Runs with a reader of data set offsets, whether the data set is deflated or not. */
async function withObject<T>(
  instance: InstanceLocation,
  memory: ReadingMemory,
  run: (read: Reader, object: OpenObject) => Promise<T>,
): Promise<T> {
  const object = await openObject(instance);
  try {
    return await run(readerOf(object, instance, memory), object);
  } finally {
    // Closed in the background.
    object.close().catch(() => {});
  }
}

function readerOf(object: OpenObject, instance: InstanceLocation, memory: ReadingMemory): Reader {
  const { dataSetOffset, sizeBytes } = instance;
  const { inflated } = frameIndexOfInstance(instance);
  if (inflated)
    return async (...extents) => {
      const pieces: Buffer[] = [];
      for (const [offset, length] of extents) {
        // A few kilobytes may inflate to any length: what one request inflates into memory is bounded.
        if (offset + length > inflateReach || length > unpackLimit) throw tooLarge();
        pieces.push(
          await readBytes({ handle: object, sizeBytes }, { offsetsIn: "inflated", dataSetOffset }, [offset, length]),
        );
      }
      return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    };
  return async (...extents) => {
    // A frame may consist of ten thousand fragments: they share one buffer.
    const buffer = memory.allocate(extents.reduce((sum, [, length]) => sum + length, 0));
    let filled = 0;
    for (const [offset, length] of extents) {
      await readFully(object, instance, buffer.subarray(filled, filled + length), dataSetOffset + offset);
      filled += length;
    }
    return buffer;
  };
}

/**
 * A bulk value's position in the object.
 *
 * @param path as in the BulkDataURI (`"00880200/1/7FE00010"`).
 * @throws {DomainError} `frame.not-found`
 */
export function bulkExtent(instance: InstanceLocation, path: string): { offset: number; length: number; vr: string } {
  const { bulk, pixel } = frameIndexOfInstance(instance);
  if (pixel?.kind === "native" && path === pixel.tag) return pixel;
  const found = bulk?.[path];
  if (!found) throw new DomainError("frame.not-found");
  return { offset: found[0], length: found[1], vr: found[2] };
}

/**
 * Bytes of a bulk value in chunks, from `start` up to `end`, exclusive.
 *
 * @throws {DomainError} `storage.corrupt` before the first chunk when the object is damaged.
 */
export async function* readBulk(
  instance: InstanceLocation,
  extent: { offset: number },
  start: number,
  end: number,
): AsyncGenerator<Buffer> {
  const object = await openObject(instance);
  try {
    await assertWhole(object, instance);
    const read = readerOf(object, instance, new ReadingMemory());
    // Inflating starts from the beginning each time, so a deflated value is taken in one piece.
    const step = frameIndexOfInstance(instance).inflated ? end - start : 256 << 10;
    for (let at = start; at < end; at += step) yield await read([extent.offset + at, Math.min(step, end - at)]);
  } finally {
    await object.close();
  }
}

import { crc32 } from "node:zlib";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { type InstanceLocation, noteRenditions } from "#server/domain/imaging/index.ts";
import { renditionKey } from "#server/storage/keys.ts";
import type { OpenObject } from "#server/storage/object-store.ts";
import { objectStore } from "#server/storage/open-store.ts";
import type { ReadingMemory } from "#server/storage/reading-memory.ts";
import { systemActor } from "#server/system-actor.ts";
import { assertFramesSound } from "../read-frames.ts";
import { renditionFrames } from "./rendition-index.ts";

/** Whether frames of this image may be had as a rendition. */
export const hasRendition = (image: InstanceLocation): boolean => renditionFrames(image) !== null;

/**
 * Frames of an image as HTJ2K codestreams. The image itself is checked first, as if it were read: of a damaged one nothing is given out.
 *
 * @param orgId the hospital.
 * @param numbers from 1.
 * @returns null where the rendition is not there any more, or damaged: it is forgotten, and will be made anew.
 * @throws {DomainError} `storage.corrupt` where the image is damaged, `frame.not-found`, `storage.unavailable`
 */
export async function readRendition(
  orgId: string,
  image: InstanceLocation,
  numbers: number[],
  memory: ReadingMemory,
): Promise<Buffer[] | null> {
  const frames = renditionFrames(image);
  if (!frames || numbers.some((number) => number > frames.length)) return null;
  await assertFramesSound(image, numbers);
  const key = renditionKey(orgId, image.dataSetSha256, image.transferSyntaxUid);
  let damaged = false;
  try {
    const object = await objectStore().open(key);
    try {
      const starts: number[] = [0];
      for (const [bytes] of frames) starts.push((starts.at(-1) as number) + bytes);
      const read: Buffer[] = [];
      for (const number of numbers) {
        const [bytes, sum] = frames[number - 1] as [number, number];
        const buffer = memory.allocate(bytes);
        damaged = !(await fill(object, buffer, starts[number - 1] as number)) || crc32(buffer) !== sum;
        if (damaged) break;
        read.push(buffer);
      }
      if (!damaged) return read;
    } finally {
      object.close().catch(() => {});
    }
  } catch {
    // Whoever reads needs no rendition: the image itself says what is wrong with the store.
  }
  void forgetIfGone(orgId, image, damaged ? null : key);
  return null;
}

/** @returns whether there were as many bytes. */
async function fill(object: OpenObject, buffer: Buffer, position: number): Promise<boolean> {
  for (let filled = 0; filled < buffer.length; ) {
    const { bytesRead } = await object.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) return false;
    filled += bytesRead;
  }
  return true;
}

/** Behind the reader's back, who gets the image itself. What cannot be noted now is tried again by the next reader. */
async function forgetIfGone(orgId: string, image: InstanceLocation, key: string | null): Promise<void> {
  try {
    if (key !== null && (await objectStore().head(key)) !== null) return;
    image.rendition = null;
    await withTenantSql(systemActor(orgId, "archive"), (ctx) =>
      noteRenditions(ctx, [{ instanceId: image.instanceId, rendition: null }]),
    );
  } catch {
    // The store or the database does not answer: nothing is known.
  }
}

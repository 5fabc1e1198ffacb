import { crc32 } from "node:zlib";
import { type Attributes, number, text } from "@overread/shared/dicom/attributes";
import { Tag } from "@overread/shared/dicom/tags";
import { DomainError } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import {
  askForRenditions,
  type InstanceLocation,
  instanceMetadata,
  locateInstances,
  noteRenditions,
} from "#server/domain/imaging/index.ts";
import { renditionKey } from "#server/storage/keys.ts";
import { objectStore } from "#server/storage/open-store.ts";
import { ReadingMemory } from "#server/storage/reading-memory.ts";
import { frameCount, frameIndexOfInstance, readFrames } from "../read-frames.ts";
import type { FrameForm } from "./encode-lossless.ts";
import { LosslessEncoder } from "./encoder.ts";
import { lacksRendition, mayHaveRendition, noRendition, type RenditionIndex, renditionOf } from "./rendition-index.ts";

/** A rendition that is larger than this part of the original is not kept. */
const worth = 0.85;
/** What is written in one piece; larger ones go to the store frame by frame. Bytes. */
const inOnePiece = 4 << 20;
/** Below this much free space, beside the store's own reserve, no rendition is made: the space is for images. Bytes. */
const spaceForImages = 1 << 30;
/** Then it goes to the end of the line, behind the studies that came meanwhile. Milliseconds. */
const turnMs = 60_000;
/** Rows that are noted together. */
const together = 25;

/**
 * The `study.make-renditions` job: a lossless HTJ2K rendition beside each image of which one is worth it. Each is checked sample by sample
 * before it is kept, and noted once it is stored, so a worker that is killed leaves nothing half done; what is there is not made again.
 *
 * @param signal ends it between two frames.
 * @throws {DomainError} `storage.unavailable`
 */
export async function makeRenditions(
  actor: Actor & { orgId: string },
  { studyId }: { studyId: string },
  signal: AbortSignal,
): Promise<{ made: number; bytes: number; ofBytes: number }> {
  const images = await withTenantSql(actor, (ctx) => locateInstances(ctx, { studyId }), { readOnly: true });
  const encoder = new LosslessEncoder();
  const done = { made: 0, bytes: 0, ofBytes: 0 };
  const ends = Date.now() + turnMs;
  let notes: { instanceId: string; rendition: RenditionIndex }[] = [];
  const note = async (): Promise<void> => {
    const taken = notes;
    notes = [];
    await withTenantSql(actor, (ctx) => noteRenditions(ctx, taken));
  };
  try {
    for (const image of images) {
      if (!mayHaveRendition(image) || !lacksRendition(image)) continue;
      if (signal.aborted || Date.now() > ends) {
        await withTenantSql(actor, (ctx) => askForRenditions(ctx, { studyId }));
        break;
      }
      const rendition = await make(actor, image, encoder, signal);
      if (rendition === "later") break;
      notes.push({ instanceId: image.instanceId, rendition });
      if ("frames" in rendition) {
        done.made++;
        done.ofBytes += image.sizeBytes;
        done.bytes += rendition.frames.reduce((sum, [bytes]) => sum + bytes, 0);
      }
      if (notes.length >= together) await note();
    }
  } finally {
    await encoder.close();
    if (notes.length > 0) await note();
  }
  return done;
}

/** @returns `later`: not now, and nothing is known of it. */
async function make(
  actor: Actor & { orgId: string },
  image: InstanceLocation,
  encoder: LosslessEncoder,
  signal: AbortSignal,
): Promise<RenditionIndex | "later"> {
  const form = await formOf(actor, image);
  if (!form) return noRendition("form");
  const store = objectStore();
  const most = image.sizeBytes * worth;
  const key = renditionKey(actor.orgId, image.dataSetSha256, image.transferSyntaxUid);
  const frames: [number, number][] = [];
  let streams: Uint8Array[] = [];
  let total = 0;
  let upload: Awaited<ReturnType<typeof store.beginUpload>> | undefined;
  try {
    await store.ensureRoom(most + spaceForImages);
    for (let frame = 1; frame <= frameCount(image); frame++) {
      if (signal.aborted) return "later";
      const stream = await encodeFrame(image, frame, form, encoder);
      if (!stream) return noRendition("bits");
      frames.push([stream.length, crc32(stream)]);
      total += stream.length;
      if (total > most) return noRendition("gain");
      streams.push(stream);
      if (total <= inOnePiece && !upload) continue;
      upload ??= await store.beginUpload();
      await upload.write(streams);
      streams = [];
    }
    if (upload) await upload.complete(key);
    else await store.put(key, streams);
    return renditionOf(frames);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // Damage is dealt with where it was found; what the codec cannot do it will not be able to do next time.
    if (error.code === "dicom.cannot-render" || error.code === "dicom.truncated" || error.code === "frame.not-found")
      return noRendition("form");
    if (error.code === "storage.corrupt" || error.code === "storage.full") return "later";
    throw error;
  } finally {
    await upload?.abort();
  }
}

async function encodeFrame(
  image: InstanceLocation,
  frame: number,
  form: FrameForm,
  encoder: LosslessEncoder,
): Promise<Uint8Array | null> {
  const memory = new ReadingMemory();
  try {
    const [bytes] = await readFrames(image, [frame], memory);
    return await encoder.encode(new Uint8Array(bytes as Buffer), form);
  } finally {
    memory.giveBack();
  }
}

/** How the cells are to be read; null where they are of another kind than grey or red, green and blue. */
async function formOf(actor: Actor, image: InstanceLocation): Promise<FrameForm | null> {
  const [json] = await withTenantSql(actor, (ctx) => instanceMetadata(ctx, { instanceId: image.instanceId }), {
    readOnly: true,
  });
  const header = JSON.parse(json ?? "{}") as Attributes;
  const bitsAllocated = number(header, Tag.BitsAllocated);
  const bitsStored = number(header, Tag.BitsStored) ?? bitsAllocated ?? 0;
  const samplesPerPixel = number(header, Tag.SamplesPerPixel) ?? 1;
  const photometric = text(header, Tag.PhotometricInterpretation) ?? "";
  const isGrey = samplesPerPixel === 1 && /^MONOCHROME[12]$/.test(photometric);
  const isRgb = samplesPerPixel === 3 && photometric === "RGB" && bitsStored === 8;
  if ((bitsAllocated !== 8 && bitsAllocated !== 16) || !(isGrey || isRgb)) return null;
  // Values that begin above the lowest bit stand in the codestream otherwise than in the cells.
  const highBit = number(header, Tag.HighBit) ?? bitsStored - 1;
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit !== bitsStored - 1) return null;
  const rows = number(header, Tag.Rows) ?? 0;
  const columns = number(header, Tag.Columns) ?? 0;
  const { pixel } = frameIndexOfInstance(image);
  const length = (rows * columns * samplesPerPixel * bitsAllocated) / 8;
  if (pixel?.kind !== "native" || pixel.frameLength < length) return null;
  return {
    rows,
    columns,
    samplesPerPixel: isRgb ? 3 : 1,
    bitsAllocated,
    bitsStored,
    signed: number(header, Tag.PixelRepresentation) === 1,
    planar: number(header, Tag.PlanarConfiguration) === 1,
  };
}

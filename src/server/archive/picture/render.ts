import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { describePixels, neededBulk } from "@overread/shared/dicom/pixels/describe";
import type { PixelDescription } from "@overread/shared/dicom/pixels/description";
import { transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { swapped } from "@overread/shared/dicom/value";
import { DomainError } from "@overread/shared/errors";
import type { Actor } from "#server/context.ts";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import { type InstanceLocation, instanceMetadata } from "#server/domain/imaging/index.ts";
import { pieceSize, ReadingMemory } from "#server/storage/reading-memory.ts";
import { bulkExtent, frameIndexOfInstance, readBulk, readFrames } from "../read-frames.ts";
import { objectVersion } from "../whole-object.ts";
import { cannotDraw, makersOwn } from "./cannot-draw.ts";
import { DrawnBefore } from "./drawn-before.ts";
import { within } from "./fit-into.ts";
import { runPictureTask } from "./pool.ts";
import type { FrameTask } from "./thread.ts";

export type PictureOptions = Omit<Extract<FrameTask["want"], { kind: "picture" }>, "kind">;

const drawnBefore = new DrawnBefore();

/** A picture of one frame, drawn now or before of the same bytes. @throws {DomainError} `dicom.cannot-render`, `frame.not-found`; `request.invalid` for a region outside the picture */
export async function drawFrame(
  actor: Actor,
  location: InstanceLocation,
  number: number,
  options: PictureOptions,
): Promise<Buffer> {
  const name = [location.instanceId, location.dataSetSha256, number, JSON.stringify(options)].join(" ");
  // Before it is read: what is drawn is of this version or of a later one.
  const version = await objectVersion(location);
  const known = drawnBefore.find(name, version);
  if (known) return known;
  const picture = await draw(actor, location, number, options);
  drawnBefore.remember(name, version, picture);
  return picture;
}

async function draw(
  actor: Actor,
  location: InstanceLocation,
  number: number,
  options: PictureOptions,
): Promise<Buffer> {
  const memory = new ReadingMemory();
  // A small object, which unpacks to nothing larger, is read meanwhile; what is refused for another reason is told that.
  const small = location.sizeBytes <= pieceSize && !frameIndexOfInstance(location).inflated;
  let reading = small ? readFrames(location, [number], memory) : null;
  reading?.catch(() => {});
  try {
    const describe = await describer(actor, location);
    const description = await describe(number);
    const syntax = transferSyntaxes[location.transferSyntaxUid];
    if (!syntax || syntax.opaquePixels) throw cannotDraw(makersOwn);
    if (!frameIndexOfInstance(location).pixel) throw cannotDraw("This object has no picture.");
    if (description.refusal) throw cannotDraw(description.refusal);
    const fit = options.fit && within(options.fit, description.columns, description.rows);
    if (options.fit && !fit) throw new DomainError("request.invalid", { details: { parameter: "viewport" } });
    reading ??= readFrames(location, [number], memory);
    const [frame] = await reading;
    return await runPictureTask({ frame: frame as Buffer, description, want: { kind: "picture", ...options, fit } });
  } finally {
    // It may still be read into where something else has failed.
    void Promise.allSettled([reading]).then(() => memory.giveBack());
  }
}

/** Uncompressed frames, little endian. @throws {DomainError} `dicom.cannot-render` */
export async function decodeFrames(
  actor: Actor,
  location: InstanceLocation,
  frames: Buffer[],
  numbers: number[],
): Promise<Buffer[]> {
  const describe = await describer(actor, location);
  const decoded: Buffer[] = [];
  for (const [index, frame] of frames.entries()) {
    const description = await describe(numbers[index] as number);
    decoded.push(await runPictureTask({ frame, description, want: { kind: "values" } }));
  }
  return decoded;
}

/** Longer tables and overlays are not loaded. Bytes. */
const bulkLimit = 64 << 20;

async function describer(
  actor: Actor,
  location: InstanceLocation,
): Promise<(frame: number) => Promise<PixelDescription>> {
  const [text] = await withTenantSql(actor, ({ tx }) => instanceMetadata({ tx }, { instanceId: location.instanceId }), {
    readOnly: true,
  });
  if (!text) throw new DomainError("instance.not-found");
  const dataset = JSON.parse(text) as DicomJson;
  const bulk = new Map<string, Uint8Array>();
  return async (frame) => {
    for (const uri of neededBulk(dataset, frame)) if (!bulk.has(uri)) bulk.set(uri, await bulkValue(location, uri));
    const { transferSyntaxUid } = location;
    return describePixels(dataset, { frame, transferSyntaxUid, bulk: (uri) => bulk.get(uri) });
  };
}

/** Long tables and overlays are bulk data. */
async function bulkValue(location: InstanceLocation, uri: string): Promise<Uint8Array> {
  const extent = bulkExtent(location, uri.slice(uri.lastIndexOf("/bulkdata/") + "/bulkdata/".length));
  const pieces: Buffer[] = [];
  for await (const piece of readBulk(location, extent, 0, Math.min(extent.length, bulkLimit))) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  return transferSyntaxes[location.transferSyntaxUid]?.bigEndian ? swapped(bytes, extent.vr) : bytes;
}

import type { DicomJson } from "@overread/shared/dicom/dicom-json";
import { DomainError } from "@overread/shared/errors";
import { withTenantSql } from "#server/db/with-tenant-sql.ts";
import type { Actor } from "#server/domain/context.ts";
import { type InstanceLocation, instanceMetadata } from "#server/domain/imaging/index.ts";
import { bulkExtent, readBulk, readFrames } from "../read-frames.ts";
import { describePixels, type PixelDescription } from "./description.ts";
import { runPictureTask } from "./pool.ts";
import type { PictureTask } from "./thread.ts";

export type PictureOptions = Omit<Extract<PictureTask["want"], { kind: "picture" }>, "kind">;

/** Draws one frame. @throws {DomainError} `dicom.cannot-render`, `frame.not-found` */
export async function drawFrame(
  actor: Actor,
  location: InstanceLocation,
  number: number,
  options: PictureOptions,
): Promise<Buffer> {
  const describe = await describer(actor, location);
  const description = describe(number);
  const [frame] = await readFrames(location, [number]);
  return runPictureTask({ frame: frame as Buffer, description, want: { kind: "picture", ...options } });
}

/** Frames uncompressed, little endian. @throws {DomainError} `dicom.cannot-render` */
export async function decodeFrames(
  actor: Actor,
  location: InstanceLocation,
  frames: Buffer[],
  numbers: number[],
): Promise<Buffer[]> {
  const describe = await describer(actor, location);
  const decoded: Buffer[] = [];
  for (const [index, frame] of frames.entries()) {
    const description = describe(numbers[index] as number);
    decoded.push(await runPictureTask({ frame, description, want: { kind: "values" } }));
  }
  return decoded;
}

async function describer(actor: Actor, location: InstanceLocation): Promise<(frame: number) => PixelDescription> {
  const [text] = await withTenantSql(actor, ({ tx }) => instanceMetadata({ tx }, { instanceId: location.instanceId }));
  if (!text) throw new DomainError("instance.not-found");
  const dataset = JSON.parse(text) as DicomJson;
  const palettes = new Map<string, Buffer>();
  // A palette of 65536 colours is bulk data like any other long value.
  for (const tag of ["00281201", "00281202", "00281203"]) {
    if (!dataset[tag]?.BulkDataURI) continue;
    const extent = bulkExtent(location, tag);
    const pieces: Buffer[] = [];
    for await (const piece of readBulk(location, extent, 0, Math.min(extent.length, 131_072))) pieces.push(piece);
    palettes.set(tag, Buffer.concat(pieces));
  }
  return (frame) => describePixels(dataset, location.transferSyntaxUid, frame, (tag) => palettes.get(tag));
}

import { createHash } from "node:crypto";
import { DomainError } from "@overread/shared/errors";
import type { InstanceLocation } from "#server/domain/imaging/index.ts";
import type { OpenObject } from "#server/storage/object-store.ts";
import { objectStore } from "#server/storage/open-store.ts";
import { verifySoon } from "./verify-object.ts";

/** What is needed to check whether an object is what was received. */
export type Expected = Pick<InstanceLocation, "objectKey" | "sizeBytes" | "dataSetOffset" | "dataSetSha256">;

/** How long an object that was checked completely need not be checked again, as long as its file is unchanged. */
const trustMs = 10 * 60_000;
const mostTrusted = 20_000;
const trusted = new Map<string, { version: string; until: number }>();
const running = new Map<string, Promise<void>>();

/**
 * Checks that an open object contains the bytes that were received: size, and SHA-256 of the data set. Everything this
 * archive serves is checked here, or by a digest of the frame, before it is sent.
 *
 * @throws {DomainError} `storage.corrupt`
 */
export async function assertWhole(object: OpenObject, expected: Expected): Promise<void> {
  const version = await versionOf(object, expected);
  if (isTrusted(expected, version)) return;
  const key = `${nameOf(expected)} ${version}`;
  let check = running.get(key);
  if (!check) {
    check = readThrough(object, expected).finally(() => running.delete(key));
    running.set(key, check);
  }
  await check;
  trust(expected, version);
}

/**
 * Reads all of an open object into a buffer of its length, and makes sure that these are the bytes that were received: by what is
 * known of this version of the file, else by hashing what was read. A store that would have to be asked for the version is not.
 *
 * @throws {DomainError} `storage.corrupt`, `storage.unavailable`
 */
export async function readSound(object: OpenObject, expected: Expected, buffer: Buffer): Promise<void> {
  // Before it is read: the bytes are of this version or of a later one, never of one before what is believed.
  const version = object.isNear ? await versionOf(object, expected) : null;
  await readFully(object, expected, buffer, 0);
  if (version !== null && isTrusted(expected, version)) return;
  assertWholeBytes(buffer, expected);
  if (version !== null) trust(expected, version);
}

/** The mark of the object of an image: another one when its bytes may be others. @throws {DomainError} `storage.corrupt`, `storage.unavailable` */
export async function objectVersion(expected: Expected): Promise<string> {
  const object = await openObject(expected);
  try {
    return await versionOf(object, expected);
  } finally {
    await object.close();
  }
}

async function versionOf(object: OpenObject, expected: Expected): Promise<string> {
  const { sizeBytes, version } = await orCorrupt(object.identify(), expected);
  if (sizeBytes !== expected.sizeBytes) throw corrupt(expected);
  return version;
}

const nameOf = ({ objectKey, dataSetSha256 }: Expected): string => `${objectKey} ${dataSetSha256}`;

function isTrusted(expected: Expected, version: string): boolean {
  const known = trusted.get(nameOf(expected));
  return known?.version === version && known.until > Date.now();
}

function trust(expected: Expected, version: string): void {
  if (trusted.size >= mostTrusted) trusted.delete(trusted.keys().next().value as string);
  trusted.set(nameOf(expected), { version, until: Date.now() + trustMs });
}

async function readThrough(object: OpenObject, expected: Expected): Promise<void> {
  const { sizeBytes, dataSetOffset, dataSetSha256 } = expected;
  const hash = createHash("sha256");
  let at = dataSetOffset;
  const read = async (): Promise<void> => {
    for await (const piece of object.stream(dataSetOffset, sizeBytes)) {
      hash.update(piece);
      at += piece.length;
    }
  };
  await orCorrupt(read(), expected);
  if (at < sizeBytes || hash.digest("hex") !== dataSetSha256) throw corrupt(expected);
}

/**
 * Fills all of `buffer` from `position` on. @throws {DomainError} `storage.corrupt` for an object that ends before,
 * `storage.unavailable`
 */
export async function readFully(
  object: OpenObject,
  expected: Pick<Expected, "objectKey" | "dataSetSha256">,
  buffer: Buffer,
  position: number,
): Promise<void> {
  for (let filled = 0; filled < buffer.length; ) {
    const reading = object.read(buffer, filled, buffer.length - filled, position + filled);
    const { bytesRead } = await orCorrupt(reading, expected);
    if (bytesRead === 0) throw corrupt(expected);
    filled += bytesRead;
  }
}

/** The same for an object in memory. @throws {DomainError} `storage.corrupt` */
export function assertWholeBytes(bytes: Buffer, expected: Omit<Expected, "sizeBytes">): void {
  const { dataSetOffset, dataSetSha256 } = expected;
  if (createHash("sha256").update(bytes.subarray(dataSetOffset)).digest("hex") !== dataSetSha256)
    throw corrupt(expected);
}

/**
 * A damaged object is checked as a whole in the background, so that its hospital is notified; this reader gets nothing.
 */
export function corrupt(object: Pick<Expected, "objectKey" | "dataSetSha256">): DomainError {
  verifySoon(object);
  return new DomainError("storage.corrupt");
}

/** Opens the object of an image. @throws {DomainError} `storage.corrupt`, `storage.unavailable` */
export function openObject(object: Pick<Expected, "objectKey" | "dataSetSha256">): Promise<OpenObject> {
  return orCorrupt(objectStore().open(object.objectKey), object);
}

/** A missing object is a fault of this image. */
async function orCorrupt<T>(answer: Promise<T>, object: Pick<Expected, "objectKey" | "dataSetSha256">): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof DomainError && error.code === "storage.corrupt" ? corrupt(object) : error;
  }
}

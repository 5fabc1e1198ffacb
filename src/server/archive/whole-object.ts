import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { DomainError } from "@overread/shared/errors";
import type { InstanceLocation } from "#server/domain/imaging/index.ts";
import { objectStore } from "#server/storage/object-store.ts";
import { ReadingMemory } from "#server/storage/reading-memory.ts";
import { lookSoon } from "./look-again.ts";

/** What is needed to tell whether an object is what was received. */
export type Expected = Pick<InstanceLocation, "objectKey" | "sizeBytes" | "dataSetOffset" | "dataSetSha256">;

/** How long an object that was read whole and found whole need not be read whole again, as long as its file is untouched. */
const trustMs = 10 * 60_000;
const mostTrusted = 20_000;
const trusted = new Map<string, { file: string; until: number }>();
const running = new Map<string, Promise<void>>();

/**
 * Makes sure that an open object holds the bytes that were received: size, and SHA-256 of the data set. What this archive serves
 * goes through here, or through a digest of the frame, before anybody gets it.
 *
 * @throws {DomainError} `storage.corrupt`
 */
export async function assertWhole(handle: FileHandle, expected: Expected): Promise<void> {
  const { ino, size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
  const file = [ino, size, mtimeNs, ctimeNs].join(".");
  if (Number(size) !== expected.sizeBytes) throw corrupt(expected);
  const name = `${expected.objectKey} ${expected.dataSetSha256}`;
  const known = trusted.get(name);
  if (known?.file === file && known.until > Date.now()) return;
  const key = `${name} ${file}`;
  let check = running.get(key);
  if (!check) {
    check = read(handle, expected).finally(() => running.delete(key));
    running.set(key, check);
  }
  await check;
  if (trusted.size >= mostTrusted) trusted.delete(trusted.keys().next().value as string);
  trusted.set(name, { file, until: Date.now() + trustMs });
}

async function read(handle: FileHandle, expected: Expected): Promise<void> {
  const { sizeBytes, dataSetOffset, dataSetSha256 } = expected;
  const hash = createHash("sha256");
  const memory = new ReadingMemory();
  const buffer = memory.allocate(1 << 20);
  for (let at = dataSetOffset; at < sizeBytes; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, sizeBytes - at), at);
    if (bytesRead === 0) throw corrupt(expected);
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  memory.giveBack();
  if (hash.digest("hex") !== dataSetSha256) throw corrupt(expected);
}

/** The same for an object that is in memory whole. @throws {DomainError} `storage.corrupt` */
export function assertWholeBytes(bytes: Buffer, expected: Omit<Expected, "sizeBytes">): void {
  const { dataSetOffset, dataSetSha256 } = expected;
  if (createHash("sha256").update(bytes.subarray(dataSetOffset)).digest("hex") !== dataSetSha256)
    throw corrupt(expected);
}

/** What is not what was received is looked at as a whole, so that its hospital hears of it; this reader gets nothing. */
export function corrupt(object: Pick<Expected, "objectKey" | "dataSetSha256">): DomainError {
  lookSoon(object);
  return new DomainError("storage.corrupt");
}

/** Opens the object of an image. @throws {DomainError} `storage.corrupt`, `storage.unavailable` */
export async function openObject(object: Pick<Expected, "objectKey" | "dataSetSha256">): Promise<FileHandle> {
  return objectStore()
    .open(object.objectKey)
    .catch((error: unknown) => {
      throw error instanceof DomainError && error.code === "storage.corrupt" ? corrupt(object) : error;
    });
}

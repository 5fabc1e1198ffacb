import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
  writevSync,
} from "node:fs";
import path from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { instanceKey, shards } from "#server/storage/keys.ts";
import type { InstanceOwner } from "#server/storage/object-store.ts";

/** One instance to write: our head, then the data set as received. The bytes are in shared memory. */
export type WriteTask = InstanceOwner & { id: number; head: Uint8Array; dataSet: Uint8Array };
/** First the name, as soon as the data set is hashed, then the durability; or the disk's error, and its step. */
export type WriteAnswer =
  | { id: number; dataSetSha256: string }
  | { id: number; durable: true }
  | { id: number; error: { code: string | undefined; message: string; syncing: boolean } };

const { root, owner } = workerData as { root: string; owner: string };
const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | null)?.code;
let sequence = 0;
/** A sync is running: if it fails, the disk is no longer trusted. */
let syncing = false;

parentPort?.on("message", ({ id, orgId, transferSyntaxUid, head, dataSet }: WriteTask) => {
  const answer = (message: WriteAnswer): void => parentPort?.postMessage(message);
  try {
    const dataSetSha256 = createHash("sha256").update(dataSet).digest("hex");
    answer({ id, dataSetSha256 });
    syncing = false;
    write(path.join(root, instanceKey(orgId, dataSetSha256, transferSyntaxUid)), [head, dataSet]);
    answer({ id, durable: true });
  } catch (error) {
    // A directory that existed is gone: forgets all of them.
    if (codeOf(error) === "ENOENT") for (const known of [durable, sharded]) known.clear();
    answer({ id, error: { code: codeOf(error), message: error instanceof Error ? error.name : "", syncing } });
  }
});

/**
 * Writes under the final name at once: no row names the object before its bytes, its name and the directory are synced,
 * so nobody reads a partial one. What a crash leaves under a name is overwritten when the same bytes arrive again,
 * because only equal bytes count as existing.
 */
function write(target: string, pieces: Uint8Array[]): void {
  const directory = path.dirname(target);
  ensureShards(path.dirname(directory));
  // A sweep may remove an old orphan between two attempts.
  for (let attempt = 0; attempt < 5; attempt++) {
    const made = tryOpen(target, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, "EEXIST");
    if (made !== null) {
      fill(made, pieces);
      syncDirectory(directory);
      return;
    }
    const existing = tryOpen(target, constants.O_RDWR, "ENOENT");
    if (existing === null) continue;
    const held = confirm(existing, pieces);
    if (!held) replace(target, pieces);
    syncDirectory(directory);
    // A sweep that began before the file was young again may have taken its name meanwhile.
    if (!held || fileUnder(target) === held) return;
  }
  throw Object.assign(new Error("the object's name comes and goes"), { code: "EAGAIN" });
}

function tryOpen(file: string, flags: number, expected: string): number | null {
  try {
    return openSync(file, flags, 0o640);
  } catch (error) {
    if (codeOf(error) === expected) return null;
    throw error;
  }
}

/** Writes and syncs an open file, and closes it. */
function fill(fd: number, pieces: Uint8Array[]): void {
  try {
    writeAll(fd, pieces);
    sync(fd);
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, pieces: Uint8Array[]): void {
  try {
    let left = pieces;
    while (left.length > 0) {
      let written = writevSync(fd, left);
      while (left.length > 0 && written >= (left[0] as Uint8Array).byteLength) {
        written -= (left[0] as Uint8Array).byteLength;
        left = left.slice(1);
      }
      if (written > 0) left = [(left[0] as Uint8Array).subarray(written), ...left.slice(1)];
    }
  } catch (error) {
    // Frees the space. The name stays: it may be another writer's complete file by now.
    try {
      ftruncateSync(fd);
    } catch {
      // The first error is reported.
    }
    throw error;
  }
}

/**
 * Whether the file holds these very bytes; then it is made durable, and young enough for a sweep to leave it alone. The bytes are
 * written over themselves: after a sync that failed the kernel shows bytes that never reached the disk, and has forgotten to write them.
 *
 * @returns which file it is (inode); null where it holds others.
 */
function confirm(fd: number, pieces: Uint8Array[]): bigint | null {
  try {
    if (!sameBytes(fd, pieces)) return null;
    let at = 0;
    for (const piece of pieces)
      for (let from = 0; from < piece.byteLength; ) {
        const written = writeSync(fd, piece, from, piece.byteLength - from, at);
        from += written;
        at += written;
      }
    const now = new Date();
    futimesSync(fd, now, now);
    sync(fd);
    return fstatSync(fd, { bigint: true }).ino;
  } finally {
    closeSync(fd);
  }
}

/** The file that has a name now (inode); null where none has. */
const fileUnder = (name: string): bigint | null => statSync(name, { bigint: true, throwIfNoEntry: false })?.ino ?? null;

function sameBytes(fd: number, pieces: Uint8Array[]): boolean {
  if (fstatSync(fd).size !== pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)) return false;
  const buffer = Buffer.allocUnsafe(256 << 10);
  let at = 0;
  for (const piece of pieces)
    for (let from = 0; from < piece.byteLength; ) {
      const read = readSync(fd, buffer, 0, Math.min(buffer.length, piece.byteLength - from), at);
      if (read === 0 || buffer.compare(piece, from, from + read, 0, read) !== 0) return false;
      from += read;
      at += read;
    }
  return true;
}

/** Other bytes are under the name: a torn write before a crash, or another writer's that is still running. */
function replace(target: string, pieces: Uint8Array[]): void {
  const directory = path.join(root, "tmp");
  ensureDirectory(directory);
  const temporary = path.join(directory, `${owner}.${++sequence}.part`);
  try {
    fill(openSync(temporary, "wx", 0o640), pieces);
    renameSync(temporary, target);
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // Missing, or being swept.
    }
    throw error;
  }
}

function sync(fd: number): void {
  syncing = true;
  fsyncSync(fd);
  syncing = false;
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    sync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Directories this thread knows to be durable. */
const durable = new Set<string>();
/** Hospitals all of whose directories exist. */
const sharded = new Set<string>();

/** Creates all directories of a hospital with one sync: otherwise each of its first instances would pay for its own. */
function ensureShards(parent: string): void {
  if (sharded.has(parent)) return;
  ensureDirectory(parent);
  for (const shard of shards) makeDirectory(path.join(parent, shard));
  syncDirectory(parent);
  sharded.add(parent);
}

function ensureDirectory(directory: string): void {
  if (durable.has(directory)) return;
  const parent = path.dirname(directory);
  if (directory.length > root.length) ensureDirectory(parent);
  else mkdirSync(parent, { recursive: true });
  makeDirectory(directory);
  syncDirectory(parent);
  durable.add(directory);
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o750 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}

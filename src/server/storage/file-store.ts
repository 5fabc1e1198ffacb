import { createReadStream } from "node:fs";
import { type FileHandle, mkdir, open, opendir, readdir, rename, rm, stat, statfs, unlink } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "@overread/shared/errors";
import { DiskTrust, syncDirectory } from "./disk-trust.ts";
import { InstanceWriter, WriteError } from "./instance-writer.ts";
import { instanceKey } from "./keys.ts";
import type { InstanceOwner, ObjectStore, StoredInstanceBytes, TempObject } from "./object-store.ts";

const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | null)?.code;

const isFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT"].includes(errorCode(error) ?? "");

/** What the disk says, in the words of the product. An error we do not know stays what it is. */
function storageError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const code = errorCode(error);
  if (isFull(error)) return new DomainError("storage.full", { cause: error });
  if (code && /^E[A-Z]+$/.test(code)) return new DomainError("storage.unavailable", { cause: error });
  return error;
}

/** The free space is asked for once in this time, not for every instance. */
const freeSpaceAgeMs = 1000;
/** An object nobody owns is left alone this long: its row may be on the way. */
const orphanAgeMs = 60 * 60_000;
/** Prepared answers are made again when they are missed. */
const preparedAgeMs = 30 * 24 * 60 * 60_000;

/**
 * Objects as files under one directory.
 *
 * An object is there whole or not at all: its bytes, its name and the directory that holds the name are synced before
 * anyone is told, and no row names it before. A sync that fails is never tried again on the same pages, because the kernel may
 * have dropped them and then reports success; the sender is refused, and so is everybody until the disk has shown itself well.
 */
export class FileStore implements ObjectStore {
  readonly #root: string;
  readonly #reserveBytes: number;
  readonly #owner: string;
  #sequence = 0;
  readonly #trust: DiskTrust;
  #free: { at: number; bytes: number } | undefined;
  /** Directories known to be durable. */
  readonly #directories = new Map<string, Promise<void>>();
  readonly #writer: InstanceWriter;

  /** @param onTrust is told when a sync has failed and nothing is stored any more, and when the disk is well again. */
  constructor(
    root: string,
    {
      reserveBytes,
      owner,
      onTrust = () => {},
    }: { reserveBytes: number; owner: string; onTrust?: (trusted: boolean, cause: unknown) => void },
  ) {
    this.#root = path.resolve(root);
    this.#reserveBytes = reserveBytes;
    this.#owner = owner;
    this.#writer = new InstanceWriter(this.#root, owner);
    this.#trust = new DiskTrust(this.#root, owner, (trusted, cause) => {
      if (trusted) this.#forget();
      onTrust(trusted, cause);
    });
  }

  /** What was known of directories may be of another disk by now. */
  #forget(): void {
    this.#directories.clear();
    this.#writer.retire();
    this.#free = undefined;
  }

  async putInstance(owner: InstanceOwner, head: Uint8Array, dataSet: Uint8Array): Promise<StoredInstanceBytes> {
    await this.ensureRoom(head.byteLength + dataSet.byteLength);
    const { dataSetSha256, durable } = this.#writer.write(owner, head, dataSet);
    const settled = durable.catch((error: unknown) => {
      if (error instanceof WriteError && error.syncing && !isFull(error)) this.#trust.lose(error);
      throw storageError(error);
    });
    settled.catch(() => {});
    const sha256 = await dataSetSha256.catch((error: unknown) => {
      throw storageError(error);
    });
    return { dataSetSha256: sha256, key: instanceKey(owner.orgId, sha256, owner.transferSyntaxUid), durable: settled };
  }

  async createTemp(): Promise<TempObject> {
    await this.ensureRoom();
    try {
      return await this.#newTemp();
    } catch (error) {
      throw this.#said(error);
    }
  }

  async put(key: string, temp: TempObject): Promise<void> {
    if (!(temp instanceof TempFile)) throw new TypeError("a temporary file of another store");
    try {
      await this.#publish(temp, this.#path(key));
    } catch (error) {
      throw this.#said(error);
    } finally {
      await temp.discard();
    }
  }

  async putBuffer(key: string, pieces: Uint8Array | Uint8Array[]): Promise<void> {
    const chunks = Array.isArray(pieces) ? pieces : [pieces];
    const size = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    await this.ensureRoom(size);
    const target = this.#path(key);
    try {
      const temp = await this.#newTemp();
      try {
        await temp.write(chunks);
        await this.#publish(temp, target);
      } finally {
        await temp.discard();
      }
    } catch (error) {
      throw this.#said(error);
    }
  }

  #said(error: unknown): unknown {
    // A directory that was there is gone.
    if (errorCode(error) === "ENOENT") this.#forget();
    return storageError(error);
  }

  /** The order that makes an object durable: its bytes, its name, and the directory that holds the name. */
  async #publish(temp: TempFile, target: string): Promise<void> {
    // A new directory becomes durable while the bytes do.
    const directory = this.#ensureDirectory(path.dirname(target));
    directory.catch(() => {});
    try {
      await temp.sync();
    } catch (error) {
      if (!isFull(error)) this.#trust.lose(error);
      throw error;
    }
    await directory;
    await temp.rename(target);
    await this.#syncDirectory(path.dirname(target));
  }

  async #syncDirectory(directory: string): Promise<void> {
    await syncDirectory(directory).catch((error: unknown) => {
      this.#trust.lose(error);
      throw error;
    });
  }

  async open(key: string): Promise<FileHandle> {
    try {
      return await open(this.#path(key), "r");
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw storageError(error);
      throw new DomainError((await this.#isAway(key)) ? "storage.unavailable" : "storage.corrupt", { cause: error });
    }
  }

  /**
   * Whether not one object is gone but all that the hospital has: a disk that is not mounted, or a folder that was moved. That
   * ends, and says nothing of any object.
   */
  async #isAway(key: string): Promise<boolean> {
    const ofTenant = key.split("/").slice(0, 2).join("/");
    return stat(this.#path(ofTenant)).then(
      () => false,
      () => true,
    );
  }

  readRange(key: string, start: number, end: number): AsyncIterable<Buffer> {
    return createReadStream(this.#path(key), { start, end, highWaterMark: 256 << 10 });
  }

  async stat(key: string): Promise<{ sizeBytes: number; modifiedAt: Date } | null> {
    try {
      const { size, mtime } = await stat(this.#path(key));
      return { sizeBytes: size, modifiedAt: mtime };
    } catch (error) {
      if (errorCode(error) === "ENOENT") return null;
      throw storageError(error);
    }
  }

  async remove(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  async freeBytes(): Promise<number> {
    await this.#trust.require();
    if (!this.#free || Date.now() - this.#free.at > freeSpaceAgeMs) {
      try {
        await mkdir(this.#root, { recursive: true });
        const { bavail, bsize } = await statfs(this.#root);
        this.#free = { at: Date.now(), bytes: bavail * bsize };
      } catch (error) {
        throw storageError(error);
      }
    }
    return this.#free.bytes;
  }

  async ensureRoom(neededBytes = 0): Promise<void> {
    if ((await this.freeBytes()) < this.#reserveBytes + neededBytes) throw new DomainError("storage.full");
  }

  async sweep(isKnown: (keys: string[]) => Promise<Set<string>>): Promise<{ temporary: number; orphans: number }> {
    await this.#sweepPrepared();
    return { temporary: await this.#sweepTemporary(), orphans: await this.#sweepOrphans(isKnown) };
  }

  async #newTemp(): Promise<TempFile> {
    const directory = path.join(this.#root, "tmp");
    await this.#ensureDirectory(directory);
    const file = path.join(directory, `${this.#owner}.${++this.#sequence}.part`);
    return new TempFile(file, await open(file, "wx", 0o640));
  }

  #ensureDirectory(directory: string): Promise<void> {
    const known = this.#directories.get(directory);
    if (known) return known;
    const made = this.#makeDirectory(directory);
    this.#directories.set(directory, made);
    made.catch(() => this.#directories.delete(directory));
    return made;
  }

  async #makeDirectory(directory: string): Promise<void> {
    if (directory === path.dirname(directory)) return;
    const parent = path.dirname(directory);
    if (directory.length > this.#root.length) await this.#ensureDirectory(parent);
    else await mkdir(parent, { recursive: true });
    try {
      await mkdir(directory, { mode: 0o750 });
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    await this.#syncDirectory(parent);
  }

  #path(key: string): string {
    const file = path.join(this.#root, key);
    if (!file.startsWith(this.#root + path.sep)) throw new TypeError("not a key of ours");
    return file;
  }

  async #sweepTemporary(): Promise<number> {
    const directory = path.join(this.#root, "tmp");
    let dropped = 0;
    for (const name of await readdir(directory).catch(() => [] as string[])) {
      if (isInUse(name, this.#owner)) continue;
      await rm(path.join(directory, name), { force: true });
      dropped++;
    }
    return dropped;
  }

  async #sweepPrepared(): Promise<void> {
    for await (const file of walk(path.join(this.#root, "metadata"))) {
      const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > preparedAgeMs) await unlink(file).catch(() => {});
    }
  }

  async #sweepOrphans(isKnown: (keys: string[]) => Promise<Set<string>>): Promise<number> {
    let dropped = 0;
    let batch: string[] = [];
    const settle = async (): Promise<void> => {
      const known = await isKnown(batch);
      for (const key of batch) if (!known.has(key) && (await this.#dropOrphan(key))) dropped++;
      batch = [];
    };
    for await (const file of walk(path.join(this.#root, "objects"))) {
      const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs < orphanAgeMs) continue;
      batch.push(path.relative(this.#root, file).split(path.sep).join("/"));
      if (batch.length >= 500) await settle();
    }
    if (batch.length > 0) await settle();
    return dropped;
  }

  /** Takes the object's name away first: whoever stores the same bytes now either touched it in time, or writes anew. */
  async #dropOrphan(key: string): Promise<boolean> {
    const aside = path.join(this.#root, "tmp", `${this.#owner}.${++this.#sequence}.orphan`);
    await this.#ensureDirectory(path.dirname(aside));
    try {
      await rename(this.#path(key), aside);
    } catch {
      return false;
    }
    const { mtimeMs } = await stat(aside);
    if (Date.now() - mtimeMs < orphanAgeMs) {
      await rename(aside, this.#path(key));
      return false;
    }
    await unlink(aside);
    return true;
  }
}

class TempFile implements TempObject {
  readonly path: string;
  sizeBytes = 0;
  #handle: FileHandle | null;
  /** Renamed or removed: nothing is left under the temporary name. */
  #gone = false;

  constructor(file: string, handle: FileHandle) {
    this.path = file;
    this.#handle = handle;
  }

  async write(chunks: Uint8Array | Uint8Array[]): Promise<void> {
    if (!this.#handle) throw new TypeError("the temporary file is closed");
    const list = Array.isArray(chunks) ? chunks : [chunks];
    const total = list.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    try {
      const { bytesWritten } = await this.#handle.writev(list);
      // A short write is the disk's last word before ENOSPC: the rest, in one piece, either fits or says so.
      if (bytesWritten < total) await this.#handle.writeFile(Buffer.concat(list).subarray(bytesWritten));
    } catch (error) {
      throw storageError(error);
    }
    this.sizeBytes += total;
  }

  async sync(): Promise<void> {
    const handle = this.#handle;
    if (!handle) throw new TypeError("the temporary file is closed");
    await handle.sync();
    this.#handle = null;
    await handle.close();
  }

  async rename(target: string): Promise<void> {
    await rename(this.path, target);
    this.#gone = true;
  }

  async discard(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close().catch(() => {});
    if (this.#gone) return;
    this.#gone = true;
    await unlink(this.path).catch(() => {});
  }
}

/** A temporary file belongs to a process: `<host>.<pid>.<n>.part`. One of another host is left to that host. */
function isInUse(name: string, owner: string): boolean {
  const [host, pidText] = name.split(".");
  const [ownHost] = owner.split(".");
  if (host !== ownHost) return true;
  const pid = Number(pidText);
  if (pid === process.pid) return name.startsWith(`${owner}.`);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

async function* walk(directory: string): AsyncGenerator<string> {
  const entries = await opendir(directory).catch(() => null);
  if (!entries) return;
  for await (const entry of entries) {
    const child = path.join(directory, entry.name);
    if (entry.isDirectory()) yield* walk(child);
    else yield child;
  }
}

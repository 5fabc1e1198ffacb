import { constants } from "node:fs";
import { copyFile, mkdir, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "@overread/shared/errors";
import { instanceKey, preparedKinds } from "../keys.ts";
import {
  copyThroughUpload,
  type InstanceOwner,
  type ListedObject,
  type ObjectHead,
  type ObjectStore,
  orphanAgeMs,
  preparedAgeMs,
  type StoredInstanceBytes,
  type Upload,
} from "../object-store.ts";
import { errorCode, isFull, readError, storageError } from "./disk-error.ts";
import { DiskTrust, syncDirectory } from "./disk-trust.ts";
import { DurableDirectories } from "./durable-directories.ts";
import { FileObject } from "./file-object.ts";
import { FileUpload } from "./file-upload.ts";
import { InstanceWriter, WriteError } from "./instance-writer.ts";
import { dropOrphan, dropTemporary, walk } from "./leftovers.ts";

/** The free space is queried at most once in this time. */
const freeSpaceAgeMs = 1000;

/**
 * Objects as files under one directory.
 *
 * An object exists completely or not at all: its bytes, its name and the directory are synced before anyone is told,
 * and no row names it before. A failed sync is never retried on the same pages, because the kernel may have dropped
 * them and then reports success; the sender is refused, and so is everybody until the disk has passed a test.
 */
export class FileStore implements ObjectStore {
  readonly #root: string;
  readonly #reserveBytes: number;
  readonly #owner: string;
  #sequence = 0;
  readonly #trust: DiskTrust;
  #free: { at: number; bytes: number } | undefined;
  readonly #directories: DurableDirectories;
  readonly #writer: InstanceWriter;

  /**
   * @param reserveBytes is left free.
   * @param owner `<host>.<process id>`, so that a sweep can identify temporary files of dead processes.
   * @param onTrust called when a sync has failed and nothing is stored any more, and when the disk is trusted again.
   */
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
    this.#directories = new DurableDirectories(this.#root, (directory) => this.#syncDirectory(directory));
    this.#writer = new InstanceWriter(this.#root, owner);
    this.#trust = new DiskTrust(this.#root, owner, (trusted, cause) => {
      if (trusted) this.#forget();
      onTrust(trusted, cause);
    });
  }

  /** The directories may be on another disk now. */
  #forget(): void {
    this.#directories.forget();
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

  async beginUpload(): Promise<Upload> {
    await this.ensureRoom();
    return this.#saying(() => this.#newUpload());
  }

  async put(key: string, pieces: Uint8Array | Uint8Array[]): Promise<void> {
    await this.#putBytes(pieces, this.#path(key), (upload, target) => this.#publish(upload, target));
  }

  async putNew(key: string, pieces: Uint8Array | Uint8Array[]): Promise<boolean> {
    return this.#putBytes(pieces, this.#path(key), async (upload, target) => {
      await this.#syncBeside(upload, target);
      const first = await upload.link(target);
      // The other writer's name may not be durable yet, but the caller relies on it.
      await this.#syncDirectory(path.dirname(target));
      return first;
    });
  }

  async #putBytes<T>(
    pieces: Uint8Array | Uint8Array[],
    target: string,
    publish: (upload: FileUpload, target: string) => Promise<T>,
  ): Promise<T> {
    const chunks = Array.isArray(pieces) ? pieces : [pieces];
    await this.ensureRoom(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
    return this.#saying(async () => {
      const upload = await this.#newUpload();
      try {
        await upload.write(chunks);
        return await publish(upload, target);
      } finally {
        await upload.abort();
      }
    });
  }

  async copyFrom(other: ObjectStore, key: string): Promise<void> {
    if (!(other instanceof FileStore)) return copyThroughUpload(other, this, key);
    await this.ensureRoom();
    await this.#saying(async () => {
      const upload = await this.#newUpload();
      try {
        // Shares the blocks where the file system can.
        await copyFile(other.#path(key), upload.path, constants.COPYFILE_FICLONE);
        await this.#publish(upload, this.#path(key));
      } finally {
        await upload.abort();
      }
    });
  }

  async #saying<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      // A directory that existed is gone.
      if (errorCode(error) === "ENOENT") this.#forget();
      throw storageError(error);
    }
  }

  /** The order that makes an object durable: its bytes, its name, and the directory of the name. */
  async #publish(upload: FileUpload, target: string): Promise<void> {
    await this.#syncBeside(upload, target);
    await upload.rename(target);
    await this.#syncDirectory(path.dirname(target));
  }

  /** Makes the bytes durable, and a new directory for the name meanwhile. */
  async #syncBeside(upload: FileUpload, target: string): Promise<void> {
    const directory = this.#directories.ensure(path.dirname(target));
    directory.catch(() => {});
    try {
      await upload.sync();
    } catch (error) {
      if (!isFull(error)) this.#trust.lose(error);
      throw error;
    }
    await directory;
  }

  async #syncDirectory(directory: string): Promise<void> {
    await syncDirectory(directory).catch((error: unknown) => {
      this.#trust.lose(error);
      throw error;
    });
  }

  async open(key: string): Promise<FileObject> {
    try {
      return await FileObject.open(this.#path(key));
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw readError(error);
      throw new DomainError((await this.#isAway(key)) ? "storage.unavailable" : "storage.corrupt", { cause: error });
    }
  }

  /**
   * Distinguishes the loss of one object from the loss of all of a hospital's: a disk that is not mounted, or a moved
   * folder. That is an outage and says nothing of any object.
   */
  async #isAway(key: string): Promise<boolean> {
    const ofTenant = key.split("/").slice(0, 2).join("/");
    return stat(this.#path(ofTenant)).then(
      () => false,
      () => true,
    );
  }

  async readWhole(key: string): Promise<Buffer> {
    const object = await this.open(key);
    try {
      const { sizeBytes } = await object.identify();
      const bytes = Buffer.allocUnsafe(sizeBytes);
      let filled = 0;
      while (filled < sizeBytes) {
        const { bytesRead } = await object.read(bytes, filled, sizeBytes - filled, filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    } finally {
      await object.close();
    }
  }

  async head(key: string): Promise<ObjectHead | null> {
    try {
      const { size, mtime } = await stat(this.#path(key));
      return { sizeBytes: size, modifiedAt: mtime };
    } catch (error) {
      if (errorCode(error) === "ENOENT") return null;
      throw readError(error);
    }
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    try {
      for await (const file of walk(this.#path(prefix))) {
        const key = path.relative(this.#root, file).split(path.sep).join("/");
        // A sweep may have deleted it meanwhile.
        const head = await this.head(key);
        if (head) yield { key, ...head };
      }
    } catch (error) {
      throw storageError(error);
    }
  }

  async remove(key: string): Promise<void> {
    await this.#saying(() => rm(this.#path(key), { force: true }));
  }

  async ensureRoom(neededBytes = 0): Promise<void> {
    if ((await this.#freeBytes()) < this.#reserveBytes + neededBytes) throw new DomainError("storage.full");
  }

  async #freeBytes(): Promise<number> {
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

  sweepUploads(): Promise<number> {
    return dropTemporary(path.join(this.#root, "tmp"), this.#owner);
  }

  async sweepObjects(isKnown: (keys: string[]) => Promise<Set<string>>): Promise<number> {
    for (const kind of preparedKinds)
      for await (const { key, modifiedAt } of this.list(`${kind}/`))
        if (Date.now() - modifiedAt.getTime() > preparedAgeMs) await this.remove(key);
    let dropped = 0;
    let batch: string[] = [];
    const settle = async (): Promise<void> => {
      const known = await isKnown(batch);
      for (const key of batch) if (!known.has(key) && (await this.#dropOrphan(key))) dropped++;
      batch = [];
    };
    for await (const { key, modifiedAt } of this.list("objects/")) {
      if (Date.now() - modifiedAt.getTime() < orphanAgeMs) continue;
      batch.push(key);
      if (batch.length >= 500) await settle();
    }
    if (batch.length > 0) await settle();
    return dropped;
  }

  async #dropOrphan(key: string): Promise<boolean> {
    const aside = this.#temporary("orphan");
    await this.#directories.ensure(path.dirname(aside));
    return dropOrphan(this.#path(key), aside);
  }

  async #newUpload(): Promise<FileUpload> {
    const file = this.#temporary("part");
    await this.#directories.ensure(path.dirname(file));
    return FileUpload.begin(file, (upload, key) => this.#saying(() => this.#publish(upload, this.#path(key))));
  }

  #temporary(suffix: string): string {
    return path.join(this.#root, "tmp", `${this.#owner}.${++this.#sequence}.${suffix}`);
  }

  #path(key: string): string {
    const file = path.join(this.#root, key);
    if (!file.startsWith(this.#root + path.sep)) throw new TypeError("not a key of ours");
    return file;
  }
}

import type { FileHandle } from "node:fs/promises";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { config } from "#server/config.ts";
import { createLog } from "#server/log.ts";
import { causeInWords } from "#server/outage.ts";
import { FileStore } from "./file-store.ts";

/** A file being received. It has no name a reader could find until {@link ObjectStore.put} gives it one. */
export type TempObject = {
  readonly path: string;
  /** Appends; resolves when the bytes are with the operating system. */
  write(chunks: Uint8Array | Uint8Array[]): Promise<void>;
  /** Gives the file up. Harmless after `put`. */
  discard(): Promise<void>;
};

/** Whose instance it is, and in which syntax its data set is written: with its hash, all of its name. */
export type InstanceOwner = { orgId: string; transferSyntaxUid: string };

/** An instance whose name is known and whose bytes are on their way to the disk. */
export type StoredInstanceBytes = {
  dataSetSha256: string;
  key: string;
  /** @throws {DomainError} `storage.full`, `storage.unavailable` */
  durable: Promise<void>;
};

/** What the archive keeps its objects in. Keys are made by the server (`keys.ts`), never by a sender. */
export interface ObjectStore {
  /** @throws {DomainError} `storage.full` below the reserve, `storage.unavailable` */
  createTemp(): Promise<TempObject>;
  /**
   * Hashes an instance and makes it durable under the key of its hash and syntax. Resolves when the hash is known; what goes on
   * meanwhile may be undone until `durable` has resolved.
   *
   * @param dataSet in shared memory, unchanged until `durable` is settled.
   */
  putInstance(owner: InstanceOwner, head: Uint8Array, dataSet: Uint8Array): Promise<StoredInstanceBytes>;
  /** Makes a received file durable under its key: file synced, renamed, directory synced, in that order. */
  put(key: string, temp: TempObject): Promise<void>;
  /** The same for bytes in memory, given in pieces that belong behind each other. */
  putBuffer(key: string, pieces: Uint8Array | Uint8Array[]): Promise<void>;
  /** @throws {DomainError} `storage.corrupt` when there is no such object, `storage.unavailable` also when the store itself is away. */
  open(key: string): Promise<FileHandle>;
  /** Bytes `start` up to and with `end`, as `fs.createReadStream` counts; pulled as the reader takes them. */
  readRange(key: string, start: number, end: number): AsyncIterable<Buffer>;
  stat(key: string): Promise<{ sizeBytes: number; modifiedAt: Date } | null>;
  remove(key: string): Promise<void>;
  freeBytes(): Promise<number>;
  /** @throws {DomainError} `storage.full` when less than the reserve and `neededBytes` is left. */
  ensureRoom(neededBytes?: number): Promise<void>;
  /** Drops temporary files whose process is gone, and objects that `isKnown` disowns. @returns what was dropped. */
  sweep(isKnown: (keys: string[]) => Promise<Set<string>>): Promise<{ temporary: number; orphans: number }>;
}

let store: ObjectStore | undefined;

/** The store that OVERREAD_STORAGE names. */
export function objectStore(): ObjectStore {
  if (!store) {
    const { url, reserveBytes } = config().storage;
    if (!url.startsWith("file:")) throw new Error("OVERREAD_STORAGE: only file: URLs are supported");
    const root = url.startsWith("file://") ? fileURLToPath(url) : url.slice("file:".length);
    const log = createLog("storage", config().log.level);
    store = new FileStore(root, {
      reserveBytes,
      owner: `${hostname().replace(/[^\w-]/g, "")}.${process.pid}`,
      onTrust: (trusted, cause) =>
        trusted
          ? log.info("the disk of the archive is well again: images are taken again")
          : log.error(
              { cause: causeInWords(cause), err: cause },
              "the disk of the archive failed: nothing is taken until it is well",
            ),
    });
  }
  return store;
}

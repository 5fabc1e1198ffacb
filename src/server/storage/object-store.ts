import type { RandomAccess } from "@overread/shared/dicom/random-access";
import { DomainError } from "@overread/shared/errors";

export type ObjectHead = { sizeBytes: number; modifiedAt: Date };
export type ListedObject = ObjectHead & { key: string };

/**
 * An object that is being read. A store may find out only at the first read that there is no such object; it says so with the same
 * error then.
 */
export interface OpenObject extends RandomAccess {
  /** Whether `identify` is answered by this machine: then it costs less than hashing a piece of the object. */
  readonly isNear: boolean;
  /** Its length, and a mark that is another one when the bytes may be others. */
  identify(): Promise<{ sizeBytes: number; version: string }>;
  /** The bytes from `start` up to `end` (not with it; by default all), in order. A piece is good until the next is asked for. */
  stream(start?: number, end?: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/** An object that is being received. Nobody can find it until {@link Upload.complete} has resolved; what was written can be read. */
export interface Upload extends RandomAccess {
  /** Appends. The bytes may be used again once it has resolved. @throws {DomainError} `storage.full`, `storage.unavailable` */
  write(chunks: Uint8Array | Uint8Array[]): Promise<void>;
  /** Makes it durable under its key, in the place of what is there. To be called once. @throws {DomainError} `storage.full`, `storage.unavailable` */
  complete(key: string): Promise<void>;
  /** Gives it up. Harmless after `complete`. */
  abort(): Promise<void>;
}

/** Whose instance it is, and in which syntax its data set is written: with its hash, all of its name. */
export type InstanceOwner = { orgId: string; transferSyntaxUid: string };

/** An instance whose name is known and whose bytes are on their way. */
export type StoredInstanceBytes = {
  dataSetSha256: string;
  key: string;
  /** @throws {DomainError} `storage.full`, `storage.unavailable` */
  durable: Promise<void>;
};

/**
 * What the archive keeps its objects in: bytes under keys that the server makes (`keys.ts`), never a sender. An object is there
 * whole or not at all, and durable before anyone is told. `tests/integration/store-contract.test.ts` says the rest, of every store.
 *
 * All of it throws {DomainError} `storage.unavailable` when the store is away, which says nothing of any object, and `storage.corrupt`
 * when there is no such object. {@link isUnreadable} tells bytes that cannot be read from a store that does not answer.
 */
export interface ObjectStore {
  open(key: string): Promise<OpenObject>;
  /** All bytes of an object that fits into memory. */
  readWhole(key: string): Promise<Buffer>;
  head(key: string): Promise<ObjectHead | null>;
  /** The objects whose keys begin with this; `prefix` ends with a slash. In any order; what is stored meanwhile may be left out. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** Makes bytes durable under a key, in the place of what is there. @param pieces belong behind each other. */
  put(key: string, pieces: Uint8Array | Uint8Array[]): Promise<void>;
  /** The same, unless there is such an object: of several writers one is first. @returns whether these bytes stand. */
  putNew(key: string, pieces: Uint8Array | Uint8Array[]): Promise<boolean>;
  /**
   * Hashes an instance and makes it durable under the key of its hash and syntax. Resolves when the hash is known; what goes on
   * meanwhile may be undone until `durable` has resolved. Other bytes that lie under the key, damaged ones, are replaced.
   *
   * @param dataSet in shared memory, unchanged until `durable` is settled.
   */
  putInstance(owner: InstanceOwner, head: Uint8Array, dataSet: Uint8Array): Promise<StoredInstanceBytes>;
  /** For what does not fit into memory, or whose key is known only at its end. @throws {DomainError} `storage.full` below the reserve */
  beginUpload(): Promise<Upload>;
  /** Takes an object over from another store, in the place of what is there. */
  copyFrom(other: ObjectStore, key: string): Promise<void>;
  /** Takes an object away, where there is one. Only prepared answers may be: everything else is kept for good. */
  remove(key: string): Promise<void>;
  /**
   * Whether the store answers and takes as much, as far as it can know: one without a limit of its own says only the first.
   *
   * @throws {DomainError} `storage.full` when less than the reserve and `neededBytes` is left, `storage.unavailable`
   */
  ensureRoom(neededBytes?: number): Promise<void>;
  /** Drops uploads whose process is gone. @returns how many. */
  sweepUploads(): Promise<number>;
  /**
   * Drops prepared answers that nobody asked for in a month, and objects that `isKnown` disowns, where the store can tell such a one
   * from one that is being stored again at this moment; a store that cannot leaves them.
   *
   * @returns how many of the latter.
   */
  sweepObjects(isKnown: (keys: string[]) => Promise<Set<string>>): Promise<number>;
}

/** An object nobody owns is left alone this long: its row may be on the way. Milliseconds. */
export const orphanAgeMs = 60 * 60_000;
/** Prepared answers are made again when they are missed. Milliseconds. */
export const preparedAgeMs = 30 * 24 * 60 * 60_000;

/** The store answers, and cannot read this object's bytes: damage to report, where `storage.unavailable` alone would be none. */
export function unreadable(cause: unknown): DomainError {
  return new DomainError("storage.unavailable", { cause, details: { reason: "unreadable" } });
}

/** Whether an error, or one that caused it, is such a one. */
export function isUnreadable(error: unknown): boolean {
  for (let e: unknown = error; e instanceof Error; e = e.cause)
    if (e instanceof DomainError && e.details.reason === "unreadable") return true;
  return false;
}

/** {@link ObjectStore.copyFrom} for any two stores. */
export async function copyThroughUpload(from: ObjectStore, to: ObjectStore, key: string): Promise<void> {
  const object = await from.open(key);
  try {
    const upload = await to.beginUpload();
    try {
      for await (const piece of object.stream()) await upload.write(piece);
      await upload.complete(key);
    } finally {
      await upload.abort();
    }
  } finally {
    await object.close();
  }
}

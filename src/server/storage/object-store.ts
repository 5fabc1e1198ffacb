import type { RandomAccess } from "@overread/shared/dicom/random-access";
import { DomainError } from "@overread/shared/errors";

export type ObjectHead = { sizeBytes: number; modifiedAt: Date };
export type ListedObject = ObjectHead & { key: string };

/**
 * An object open for reading. A store may discover only at the first read that there is no such object; it throws the
 * same error then.
 */
export interface OpenObject extends RandomAccess {
  /** Whether `identify` is answered by this machine: then it costs less than hashing a piece of the object. */
  readonly isNear: boolean;
  /** Its length, and a tag that changes with its bytes. */
  identify(): Promise<{ sizeBytes: number; version: string }>;
  /**
   * The bytes from `start` up to `end` (exclusive; by default all), in order. A chunk is valid until the next is
   * requested.
   */
  stream(start?: number, end?: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

/**
 * An object being received. It cannot be found until {@link Upload.complete} has resolved; what was written can be
 * read.
 */
export interface Upload extends RandomAccess {
  /**
   * Appends. The buffer may be reused once it has resolved. @throws {DomainError} `storage.full`, `storage.unavailable`
   */
  write(chunks: Uint8Array | Uint8Array[]): Promise<void>;
  /**
   * Makes it durable under its key, replacing an existing object. To be called once. @throws {DomainError}
   * `storage.full`, `storage.unavailable`
   */
  complete(key: string): Promise<void>;
  /** Aborts it. Harmless after `complete`. */
  abort(): Promise<void>;
}

/** The owner of an instance, and the syntax of its data set: together with its hash they make its key. */
export type InstanceOwner = { orgId: string; transferSyntaxUid: string };

/** An instance whose key is known and whose bytes are being written. */
export type StoredInstanceBytes = {
  dataSetSha256: string;
  key: string;
  /** @throws {DomainError} `storage.full`, `storage.unavailable` */
  durable: Promise<void>;
};

/**
 * Where the archive stores its objects: bytes under keys that the server makes (`keys.ts`), never a sender. An object
 * exists completely or not at all, and is durable before anyone is told. `tests/integration/store-contract.test.ts`
 * specifies the rest, for every store.
 *
 * All methods throw {DomainError} `storage.unavailable` when the store cannot be reached, which says nothing of any
 * object, and `storage.corrupt` when there is no such object. {@link isUnreadable} distinguishes unreadable bytes from
 * a store that does not answer.
 */
export interface ObjectStore {
  open(key: string): Promise<OpenObject>;
  /** All bytes of an object that fits into memory. */
  readWhole(key: string): Promise<Buffer>;
  head(key: string): Promise<ObjectHead | null>;
  /**
   * The objects with this key prefix, which ends with a slash. In any order; objects stored meanwhile may be missing.
   */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** Makes bytes durable under a key, replacing an existing object. @param pieces are concatenated. */
  put(key: string, pieces: Uint8Array | Uint8Array[]): Promise<void>;
  /** The same, unless the object exists: of several writers one is first. @returns whether these bytes were stored. */
  putNew(key: string, pieces: Uint8Array | Uint8Array[]): Promise<boolean>;
  /**
   * Hashes an instance and makes it durable under the key of its hash and syntax. Resolves when the hash is known;
   * until `durable` has resolved it may still fail. Other (damaged) bytes under the key are replaced.
   *
   * @param dataSet in shared memory, unchanged until `durable` is settled.
   */
  putInstance(owner: InstanceOwner, head: Uint8Array, dataSet: Uint8Array): Promise<StoredInstanceBytes>;
  /**
   * For objects that do not fit into memory, or whose key is known only at the end. @throws {DomainError}
   * `storage.full` below the reserve
   */
  beginUpload(): Promise<Upload>;
  /** Copies an object from another store, replacing an existing one. */
  copyFrom(other: ObjectStore, key: string): Promise<void>;
  /** Deletes an object, if it exists. Only prepared answers may be deleted: everything else is kept for good. */
  remove(key: string): Promise<void>;
  /**
   * Checks that the store answers and has enough space, as far as it can know: a store without a limit only checks the
   * former.
   *
   * @throws {DomainError} `storage.full` when less than the reserve and `neededBytes` is left, `storage.unavailable`
   */
  ensureRoom(neededBytes?: number): Promise<void>;
  /** Aborts uploads of dead processes. @returns how many. */
  sweepUploads(): Promise<number>;
  /**
   * Deletes prepared answers that nobody requested in a month, and objects for which `isKnown` is false, if the store
   * can rule out that one is being stored again at this moment; a store that cannot leaves them.
   *
   * @returns how many of the latter.
   */
  sweepObjects(isKnown: (keys: string[]) => Promise<Set<string>>): Promise<number>;
}

/** An object without a row is left alone this long: the row may be about to be written. Milliseconds. */
export const orphanAgeMs = 60 * 60_000;
/** Prepared answers are made again when needed. Milliseconds. */
export const preparedAgeMs = 30 * 24 * 60 * 60_000;

/** The store answers but cannot read this object's bytes: damage to report, unlike a plain `storage.unavailable`. */
export function unreadable(cause: unknown): DomainError {
  return new DomainError("storage.unavailable", { cause, details: { reason: "unreadable" } });
}

/** Whether an error, or one of its causes, is such a one. */
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

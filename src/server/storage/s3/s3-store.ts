import { createHash } from "node:crypto";
import { mkdir, statfs } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { DomainError } from "@overread/shared/errors";
import type { StorageAddress } from "../../storage-address.ts";
import { storageError } from "../file/disk-error.ts";
import { instanceKey, preparedKinds } from "../keys.ts";
import {
  copyThroughUpload,
  type InstanceOwner,
  type ListedObject,
  type ObjectHead,
  type ObjectStore,
  preparedAgeMs,
  type StoredInstanceBytes,
  type Upload,
} from "../object-store.ts";
import type { S3Api } from "./s3-api.ts";
import { codeOf } from "./s3-error.ts";
import { S3Object } from "./s3-object.ts";
import { S3Upload } from "./s3-upload.ts";

/** A server that answered is assumed to be available for this long. Milliseconds. */
const believedMs = 5_000;
/** A missing object is asked for again after this. Milliseconds. */
const secondLookMs = 300;
/** Multipart uploads not completed by then are aborted. Milliseconds. */
const unfinishedAgeMs = 24 * 60 * 60_000;

/**
 * Objects in a bucket of S3, or of a compatible server.
 *
 * A put is complete or does not exist, and is durable when it is answered: the server guarantees that. An object's name
 * is its hash, so a second put brings the same bytes: it is unconditional, and repairs a damaged object. Only {@link
 * putNew} requires to be first.
 */
export class S3Store implements ObjectStore {
  readonly #address: Extract<StorageAddress, { kind: "s3" }>;
  readonly #folder: string;
  readonly #reserveBytes: number;
  readonly #silentMs: number;
  #loaded: Promise<S3Api> | undefined;
  #answered = 0;
  #asking: Promise<void> | undefined;

  /**
   * @param folder on a local disk, for large objects being received.
   * @param reserveBytes is left free there; the bucket has no such limit.
   */
  constructor(
    address: Extract<StorageAddress, { kind: "s3" }>,
    { folder, reserveBytes, silentMs = 20_000 }: { folder: string; reserveBytes: number; silentMs?: number },
  ) {
    this.#address = address;
    this.#folder = folder;
    this.#reserveBytes = reserveBytes;
    this.#silentMs = silentMs;
  }

  /** The client is large: it is loaded only where a bucket is used. */
  get #api(): Promise<S3Api> {
    this.#loaded ??= import("./s3-api.ts").then(({ S3Api }) => new S3Api(this.#address, this.#silentMs));
    return this.#loaded;
  }

  async open(key: string): Promise<S3Object> {
    assertKey(key);
    return new S3Object(this.#api, key, (cause) => this.#missing(key, cause));
  }

  /**
   * Distinguishes one missing object from the loss of all of a hospital's: a wrongly configured bucket is no damage. Nor
   * is an object damaged that is there when it is asked for a second time: a server whose parts do not agree for a moment
   * says that it has none.
   */
  async #missing(key: string, cause: unknown): Promise<Error> {
    const ofTenant = `${key.split("/").slice(0, 2).join("/")}/`;
    try {
      const api = await this.#api;
      const others = await api.holdsAny(ofTenant);
      if (others) await pause(secondLookMs);
      const lost = others && (await api.head(key)) === null;
      return new DomainError(lost ? "storage.corrupt" : "storage.unavailable", { cause });
    } catch (error) {
      return error as Error;
    }
  }

  async readWhole(key: string): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of (await this.open(key)).stream()) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async head(key: string): Promise<ObjectHead | null> {
    assertKey(key);
    const head = await (await this.#api).head(key);
    if (head) return { sizeBytes: head.sizeBytes, modifiedAt: head.modifiedAt };
    await this.#answers();
    return null;
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    assertKey(`${prefix}x`);
    yield* (await this.#api).list(prefix);
  }

  async put(key: string, pieces: Uint8Array | Uint8Array[]): Promise<void> {
    assertKey(key);
    await (await this.#api).put(key, joined(pieces));
  }

  async putNew(key: string, pieces: Uint8Array | Uint8Array[]): Promise<boolean> {
    assertKey(key);
    const api = await this.#api;
    const body = joined(pieces);
    try {
      return await api.put(key, body, { isNew: true });
    } catch (error) {
      if (codeOf(error) !== "NotImplemented") throw error;
      // A server without conditional puts: sequential writers are told apart, simultaneous ones are not.
      if (await api.head(key)) return false;
      return api.put(key, body);
    }
  }

  async putInstance(
    { orgId, transferSyntaxUid }: InstanceOwner,
    head: Uint8Array,
    dataSet: Uint8Array,
  ): Promise<StoredInstanceBytes> {
    await this.ensureRoom();
    const dataSetSha256 = createHash("sha256").update(dataSet).digest("hex");
    const key = instanceKey(orgId, dataSetSha256, transferSyntaxUid);
    const durable = this.put(key, [head, dataSet]);
    durable.catch(() => {});
    return { dataSetSha256, key, durable };
  }

  async beginUpload(): Promise<Upload> {
    await this.ensureRoom();
    return S3Upload.begin(this.#api, this.#folder);
  }

  copyFrom(other: ObjectStore, key: string): Promise<void> {
    assertKey(key);
    return copyThroughUpload(other, this, key);
  }

  async remove(key: string): Promise<void> {
    assertKey(key);
    await (await this.#api).remove(key);
  }

  async ensureRoom(neededBytes = 0): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const { bavail, bsize } = await statfs(this.#folder);
      if (bavail * bsize < this.#reserveBytes + neededBytes) throw new DomainError("storage.full");
    } catch (error) {
      throw storageError(error);
    }
    await this.#answers();
  }

  /** @throws {DomainError} `storage.unavailable` with the server's or the network's reason. */
  async #answers(): Promise<void> {
    if (Date.now() - this.#answered < believedMs) return;
    this.#asking ??= this.#api
      .then((api) => api.holdsAny("objects/"))
      .then(() => {
        this.#answered = Date.now();
      })
      .finally(() => {
        this.#asking = undefined;
      });
    await this.#asking;
  }

  async sweepUploads(): Promise<number> {
    const api = await this.#api;
    let dropped = 0;
    for (const upload of await api.unfinishedParts()) {
      if (Date.now() - upload.begunAt.getTime() < unfinishedAgeMs) continue;
      await api.abortParts(upload);
      dropped++;
    }
    return dropped;
  }

  /** Objects without a row stay: a bucket cannot rule out that one is being put again at this moment. */
  async sweepObjects(): Promise<number> {
    for (const kind of preparedKinds)
      for await (const { key, modifiedAt } of this.list(`${kind}/`))
        if (Date.now() - modifiedAt.getTime() > preparedAgeMs) await this.remove(key);
    return 0;
  }
}

const joined = (pieces: Uint8Array | Uint8Array[]): Buffer =>
  Array.isArray(pieces) ? Buffer.concat(pieces) : Buffer.from(pieces.buffer, pieces.byteOffset, pieces.byteLength);

function assertKey(key: string): void {
  if (!/^[\w.-]+(\/[\w.-]+)+$/.test(key) || key.split("/").includes("..")) throw new TypeError("not a key of ours");
}

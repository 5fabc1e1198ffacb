import { createHash } from "node:crypto";
import { mkdir, statfs } from "node:fs/promises";
import { DomainError } from "@overread/shared/errors";
import type { StorageAddress } from "../../storage-address.ts";
import { storageError } from "../file/disk-error.ts";
import { instanceKey } from "../keys.ts";
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

/** A server that answered is believed to answer for this long. Milliseconds. */
const believedMs = 5_000;
/** Parts of an upload that nobody has completed by then are nobody's. Milliseconds. */
const unfinishedAgeMs = 24 * 60 * 60_000;

/**
 * Objects in a bucket of S3, or of a server that speaks it.
 *
 * A put is whole or not there, and durable when it is answered: the server promises that. An object's name is its hash, so a second
 * put of it brings the same bytes: it is made without a condition, and mends what was damaged. Only {@link putNew} asks to be first.
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
   * @param folder on a disk of this machine, for large objects on their way.
   * @param reserveBytes is left free there; the bucket has no such limit.
   * @param silentMs how long a server may say nothing.
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

  /** The client is large: it is loaded where a bucket is used, and nowhere else. */
  get #api(): Promise<S3Api> {
    this.#loaded ??= import("./s3-api.ts").then(({ S3Api }) => new S3Api(this.#address, this.#silentMs));
    return this.#loaded;
  }

  async open(key: string): Promise<S3Object> {
    assertKey(key);
    return new S3Object(this.#api, key, (cause) => this.#missing(key, cause));
  }

  /** An object that is gone, or everything that its hospital has: another bucket by mistake is no damage. */
  async #missing(key: string, cause: unknown): Promise<Error> {
    const ofTenant = `${key.split("/").slice(0, 2).join("/")}/`;
    try {
      const others = await (await this.#api).holdsAny(ofTenant);
      return new DomainError(others ? "storage.corrupt" : "storage.unavailable", { cause });
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
      // A server that knows no condition: one after the other is told, two at the same moment are not.
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

  /** @throws {DomainError} `storage.unavailable` with what the server, or the network, says. */
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

  /** Objects that no row names stay: a bucket cannot tell such a one from one that is being put again at this moment. */
  async sweepObjects(): Promise<number> {
    for await (const { key, modifiedAt } of this.list("metadata/"))
      if (Date.now() - modifiedAt.getTime() > preparedAgeMs) await this.remove(key);
    return 0;
  }
}

const joined = (pieces: Uint8Array | Uint8Array[]): Buffer =>
  Array.isArray(pieces) ? Buffer.concat(pieces) : Buffer.from(pieces.buffer, pieces.byteOffset, pieces.byteLength);

function assertKey(key: string): void {
  if (!/^[\w.-]+(\/[\w.-]+)+$/.test(key) || key.split("/").includes("..")) throw new TypeError("not a key of ours");
}

import type { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { StorageAddress } from "../../storage-address.ts";
import type { ListedObject, ObjectHead } from "../object-store.ts";
import { codeOf, s3Error } from "./s3-error.ts";

const connectionTimeout = 3_000;
const attempts = 3;

/** The parameters of a multipart upload. */
export type PartsUpload = { key: string; uploadId: string };

/**
 * The S3 calls that the store makes, with the store's errors. The only file that loads the client. Every body is a
 * buffer, so the client can send it again, and signs its SHA-256, which the server checks.
 */
export class S3Api {
  readonly #client: S3Client;
  readonly #bucket: string;

  /**
   * @param silentMs a server that neither takes nor gives a byte for this long is tried again, and then counts as away; in the middle of an
   *   answer as well. How long a request takes as a whole says nothing: a part may go over a thin line.
   */
  constructor({ bucket, endpoint, region, pathStyle }: Extract<StorageAddress, { kind: "s3" }>, silentMs: number) {
    this.#bucket = bucket;
    this.#client = new S3Client({
      region,
      ...(endpoint ? { endpoint } : {}),
      forcePathStyle: pathStyle,
      maxAttempts: attempts,
      requestHandler: {
        connectionTimeout,
        socketTimeout: silentMs,
        httpAgent: { keepAlive: true, maxSockets: 64 },
        httpsAgent: { keepAlive: true, maxSockets: 64 },
      },
      // Older servers refuse the newer checksums; all check the signed SHA-256.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  /**
   * The bytes from `start` up to `end`, exclusive.
   *
   * @returns null when the object ends before. @throws the client's NoSuchKey unchanged, for the store to interpret.
   */
  async get(key: string, start = 0, end = Number.POSITIVE_INFINITY): Promise<Readable | null> {
    const range =
      start > 0 || Number.isFinite(end) ? `bytes=${start}-${Number.isFinite(end) ? end - 1 : ""}` : undefined;
    try {
      const { Body } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: key, ...(range ? { Range: range } : {}) }),
      );
      return Body as Readable;
    } catch (error) {
      if (codeOf(error) === "InvalidRange") return null;
      throw codeOf(error) === "NoSuchKey" ? error : s3Error(error);
    }
  }

  /** @returns null when there is no such object, or no such bucket: a HEAD answer does not distinguish the two. */
  async head(key: string): Promise<(ObjectHead & { version: string }) | null> {
    try {
      const { ContentLength, LastModified, ETag } = await this.#client.send(
        new HeadObjectCommand({ Bucket: this.#bucket, Key: key }),
      );
      const modifiedAt = LastModified ?? new Date(0);
      return { sizeBytes: ContentLength ?? 0, modifiedAt, version: `${ETag} ${modifiedAt.getTime()}` };
    } catch (error) {
      if (codeOf(error) === "NotFound") return null;
      throw s3Error(error);
    }
  }

  /**
   * @param isNew refuses to replace an object. @returns false when it did. @throws the client's NotImplemented
   * unchanged.
   */
  async put(key: string, body: Buffer, { isNew = false } = {}): Promise<boolean> {
    for (let attempt = 1; ; attempt++)
      try {
        await this.#client.send(
          new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: body, ...(isNew ? { IfNoneMatch: "*" } : {}) }),
        );
        return true;
      } catch (error) {
        const code = codeOf(error);
        if (isNew && code === "PreconditionFailed") return false;
        if (isNew && code === "NotImplemented") throw error;
        // Two conditional puts at once: the other one may have failed.
        if (isNew && code === "ConditionalRequestConflict" && attempt < 5) continue;
        throw s3Error(error);
      }
  }

  async remove(key: string): Promise<void> {
    await this.#saying(this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key })));
  }

  async *list(prefix: string): AsyncGenerator<ListedObject> {
    try {
      const pages = paginateListObjectsV2({ client: this.#client }, { Bucket: this.#bucket, Prefix: prefix });
      for await (const { Contents } of pages)
        for (const { Key, Size, LastModified } of Contents ?? [])
          if (Key !== undefined) yield { key: Key, sizeBytes: Size ?? 0, modifiedAt: LastModified ?? new Date() };
    } catch (error) {
      throw s3Error(error);
    }
  }

  /**
   * Whether there is anything under a prefix. @throws {DomainError} `storage.unavailable` also when there is no such
   * bucket
   */
  async holdsAny(prefix: string): Promise<boolean> {
    const { KeyCount, Contents } = await this.#saying(
      this.#client.send(new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, MaxKeys: 1 })),
    );
    return (KeyCount ?? Contents?.length ?? 0) > 0;
  }

  async beginParts(key: string): Promise<PartsUpload> {
    const { UploadId } = await this.#saying(
      this.#client.send(new CreateMultipartUploadCommand({ Bucket: this.#bucket, Key: key })),
    );
    return { key, uploadId: UploadId ?? "" };
  }

  /** @param number from 1. @returns the part's tag, for {@link completeParts}. */
  async putPart({ key, uploadId }: PartsUpload, number: number, body: Buffer): Promise<string> {
    const { ETag } = await this.#saying(
      this.#client.send(
        new UploadPartCommand({
          Bucket: this.#bucket,
          Key: key,
          UploadId: uploadId,
          PartNumber: number,
          Body: body,
        }),
      ),
    );
    return ETag ?? "";
  }

  /** @param sizeBytes of the whole object, to distinguish a lost answer from an aborted upload. */
  async completeParts({ key, uploadId }: PartsUpload, tags: string[], sizeBytes: number): Promise<void> {
    const Parts = tags.map((ETag, index) => ({ ETag, PartNumber: index + 1 }));
    try {
      await this.#client.send(
        new CompleteMultipartUploadCommand({
          Bucket: this.#bucket,
          Key: key,
          UploadId: uploadId,
          MultipartUpload: { Parts },
        }),
      );
    } catch (error) {
      if (codeOf(error) === "NoSuchUpload" && (await this.head(key))?.sizeBytes === sizeBytes) return;
      throw s3Error(error);
    }
  }

  async abortParts({ key, uploadId }: PartsUpload): Promise<void> {
    await this.#saying(
      this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: key, UploadId: uploadId })),
    );
  }

  /** Multipart uploads that were neither completed nor aborted. */
  async unfinishedParts(): Promise<(PartsUpload & { begunAt: Date })[]> {
    const { Uploads } = await this.#saying(
      this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.#bucket })),
    );
    return (Uploads ?? []).flatMap(({ Key, UploadId, Initiated }) =>
      Key && UploadId && Initiated ? [{ key: Key, uploadId: UploadId, begunAt: Initiated }] : [],
    );
  }

  async #saying<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw s3Error(error);
    }
  }
}

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { S3Store } from "#server/storage/s3/s3-store.ts";
import { storageAddress } from "#server/storage-address.ts";
import type { Swift } from "./swift.ts";

/** What tests of object stores share. */

/** Where large objects are received. */
export const uploads = mkdtempSync(path.join(tmpdir(), "overread-uploads-"));
after(() => rmSync(uploads, { recursive: true, force: true }));

export const storeAt = (endpoint: string, bucketName = "archive", silentMs?: number): S3Store => {
  const address = storageAddress(`s3://${bucketName}?endpoint=${encodeURIComponent(endpoint)}`, undefined);
  assert.ok(address.kind === "s3");
  return new S3Store(address, { folder: uploads, reserveBytes: 0, ...(silentMs ? { silentMs } : {}) });
};
/** As a process finds them. */
export function takeCredentials({
  accessKeyId,
  secretAccessKey,
}: Pick<Swift, "accessKeyId" | "secretAccessKey">): void {
  process.env.AWS_ACCESS_KEY_ID = accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY = secretAccessKey;
}

export const syntax = "1.2.840.10008.1.2.1";
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
export const isCode = (code: string) => (error: unknown) => error instanceof DomainError && error.code === code;
export const pattern = (length: number, seed = 1): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed) & 0xff));

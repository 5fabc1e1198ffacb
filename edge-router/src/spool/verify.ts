import { createHash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import path from "node:path";
import type { Bytes } from "./faces.ts";
import type { Journal } from "./journal.ts";
import type { FoundRecord } from "./journal-scan.ts";

/** Preamble, prefix, and the group length of group 0002, which every file of ours has. */
const fixedHeadBytes = 144;

/** SHA-256 of what lies behind group 0002 of a Part 10 file. */
export async function dataSetSha256({ path: file, start, length }: Bytes): Promise<string> {
  const hash = createHash("sha256");
  let head = Buffer.alloc(0);
  let skip = -1;
  for await (const piece of createReadStream(file, { start, end: start + length - 1 }) as AsyncIterable<Buffer>) {
    if (skip < 0) head = Buffer.concat([head, piece]);
    if (skip < 0 && head.length < fixedHeadBytes) continue;
    const bytes = skip < 0 ? head : piece;
    if (skip < 0) skip = fixedHeadBytes + head.readUInt32LE(fixedHeadBytes - 4);
    const from = Math.min(skip, bytes.length);
    hash.update(bytes.subarray(from));
    skip -= from;
  }
  return hash.digest("hex");
}

/** Whether the bytes that a record names are all there; a record that never was acknowledged may be torn. */
export async function isWhole(journal: Journal, objectsDir: string, { meta, location }: FoundRecord): Promise<boolean> {
  if (meta.file) {
    const file = path.join(objectsDir, meta.file);
    return existsSync(file) && statSync(file).size === meta.sizeBytes;
  }
  const hash = createHash("sha256");
  const start = location.offset + meta.headBytes;
  const end = location.offset + meta.sizeBytes - 1;
  for await (const bytes of createReadStream(journal.pathOf(location.segment), { start, end })) hash.update(bytes);
  return hash.digest("hex") === meta.sha256;
}

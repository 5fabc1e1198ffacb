import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Portal, PortalError } from "../control/portal.ts";
import { dataSetOffset } from "../dimse/scu/storage.ts";

const MAX_OBJECT_BYTES = 2 * 1024 ** 3;
/** Part headers, and closing boundary with epilogue, are looked for in this much of either end. */
const EDGE_BYTES = 16 * 1024;

/** `dataSetSha256`: of the data set, lower-case hex. */
type Wanted = { deliveryId: string; retrievePath: string; dataSetSha256: string };

/**
 * Fetches an object to return by WADO-RS and keeps it, once its data set has the hash that the portal named.
 *
 * @returns path of the Part 10 file; it is the caller's to remove.
 * @throws {PortalError} `hash-mismatch` and other reasons; all may be tried again.
 * @see DICOM PS3.18 §10.4
 */
export async function download(portal: Portal, dir: string, offer: Wanted, signal: AbortSignal): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = path.join(dir, `${offer.deliveryId}.dcm`);
  if (await hasHash(file, offer.dataSetSha256)) return file;
  const body = `${file}.body`;
  const part = `${file}.part`;
  try {
    const response = await portal.send({
      method: "GET",
      path: offer.retrievePath,
      headers: { accept: `multipart/related; type="application/dicom"; transfer-syntax=*` },
      signal,
    });
    if (response.statusCode !== 200) {
      await response.body.dump();
      throw new PortalError("refused", `retrieve-http-${response.statusCode}`, response.statusCode);
    }
    const type = String(response.headers["content-type"] ?? "");
    await pipeline(response.body, atMost(MAX_OBJECT_BYTES), createWriteStream(body, { mode: 0o600 }));
    const extent = await partExtent(body, type);
    await pipeline(createReadStream(body, extent), createWriteStream(part, { mode: 0o600, flush: true }));
    if (!(await hasHash(part, offer.dataSetSha256))) throw new PortalError("refused", "hash-mismatch", null);
    await rename(part, file);
    return file;
  } catch (error) {
    if (error instanceof PortalError) throw error;
    throw new PortalError("unreachable", "retrieve-interrupted", null);
  } finally {
    await rm(body, { force: true });
    await rm(part, { force: true });
  }
}

/** First and last byte of the first part of a multipart body, or of all of it when it is no multipart. */
async function partExtent(body: string, contentType: string): Promise<{ start: number; end: number }> {
  const { size } = await stat(body);
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (!boundary || !/^multipart\//i.test(contentType)) return { start: 0, end: size - 1 };
  const file = await open(body);
  try {
    const read = async (at: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(EDGE_BYTES), 0, EDGE_BYTES, at);
      return buffer.subarray(0, bytesRead);
    };
    const head = await read(0);
    const headEnd = head.indexOf("\r\n\r\n", head.indexOf(`--${boundary}`));
    const tailAt = Math.max(0, size - EDGE_BYTES);
    const tailEnd = (await read(tailAt)).lastIndexOf(`\r\n--${boundary}--`);
    if (headEnd < 0 || tailEnd < 0) throw new PortalError("unreachable", "retrieve-incomplete", null);
    return { start: headEnd + 4, end: tailAt + tailEnd - 1 };
  } finally {
    await file.close();
  }
}

async function hasHash(file: string, sha256: string): Promise<boolean> {
  try {
    const hash = createHash("sha256");
    const start = await dataSetOffset(file);
    for await (const bytes of createReadStream(file, { start })) hash.update(bytes);
    return hash.digest("hex") === sha256;
  } catch {
    return false;
  }
}

function atMost(limit: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > limit) done(new PortalError("refused", "object-too-long", null));
      else done(null, chunk);
    },
  });
}

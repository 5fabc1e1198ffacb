import { type FileHandle, open } from "node:fs/promises";
import type { Bytes } from "../spool/faces.ts";

const readPieceBytes = 1024 * 1024;

/** Our own disk did not give back what it holds; whose bytes it was is `at`, counted from 0. */
export class ReadError extends Error {
  readonly at: number;
  constructor(at: number, cause: unknown) {
    super("spooled object is unreadable", { cause });
    this.name = "ReadError";
    this.at = at;
  }
}

/**
 * Reads objects one after the other in large pieces; those that lie in one segment share its open file.
 *
 * @yields for each object its index in `objects` and its bytes, in order.
 * @throws {ReadError}
 */
export async function* readSpooled(objects: Bytes[]): AsyncGenerator<[at: number, bytes: Buffer]> {
  let file: FileHandle | null = null;
  let openPath = "";
  try {
    for (const [at, { path, start, length }] of objects.entries())
      try {
        if (!file || openPath !== path) {
          await file?.close();
          file = null;
          file = await open(path);
          openPath = path;
        }
        for (let done = 0; done < length; ) {
          const buffer = Buffer.allocUnsafeSlow(Math.min(readPieceBytes, length - done));
          const { bytesRead } = await file.read(buffer, 0, buffer.length, start + done);
          if (bytesRead === 0) throw new Error("shorter than its record");
          done += bytesRead;
          yield [at, buffer.subarray(0, bytesRead)];
        }
      } catch (error) {
        throw new ReadError(at, error);
      }
  } finally {
    await file?.close();
  }
}

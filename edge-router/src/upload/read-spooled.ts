import { type FileHandle, open } from "node:fs/promises";
import { getDefaultHighWaterMark } from "node:stream";
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

/** A socket that is given this much says that it is full, so that its writer waits until the bytes have left. */
const waitedForBytes = getDefaultHighWaterMark(false);

/**
 * Reads objects one after the other in large pieces; those that lie in one segment share its open file.
 *
 * Large pieces are read into the same memory again and again: a megabyte of its own for each object would cost more than
 * reading and sending it. So who takes a piece must be done with it, or wait for it to be written, before the next one.
 *
 * @yields for each object its index in `objects` and its bytes, in order.
 * @throws {ReadError}
 */
export async function* readSpooled(objects: Bytes[]): AsyncGenerator<[at: number, bytes: Buffer]> {
  let file: FileHandle | null = null;
  let openPath = "";
  const longest = objects.reduce((most, { length }) => Math.max(most, length), 0);
  const memory = Buffer.allocUnsafeSlow(Math.min(readPieceBytes, longest));
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
          const { bytesRead } = await file.read(memory, 0, Math.min(memory.length, length - done), start + done);
          if (bytesRead === 0) throw new Error("shorter than its record");
          done += bytesRead;
          const piece = memory.subarray(0, bytesRead);
          // Several small ones may wait in the socket together.
          yield [at, bytesRead < waitedForBytes ? Buffer.from(piece) : piece];
        }
      } catch (error) {
        throw new ReadError(at, error);
      }
  } finally {
    await file?.close();
  }
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { DomainError } from "@overread/shared/errors";
import { decodeRle } from "./rle.ts";

/** A frame of segments, each PackBits already. */
function frameOf(...segments: number[][]): Uint8Array {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length, 0);
  let at = 64;
  for (const [index, segment] of segments.entries()) {
    header.writeUInt32LE(at, 4 + 4 * index);
    at += segment.length;
  }
  return Buffer.concat([header, ...segments.map((segment) => Buffer.from(segment))]);
}
const refused = (error: unknown): boolean => error instanceof DomainError && error.code === "dicom.cannot-render";

test("runs and copies make samples, most significant byte first", () => {
  const frame = frameOf([0xfd, 1], [3, 10, 20, 30, 40]);
  const bytes = decodeRle(frame, { rows: 2, columns: 2, samplesPerPixel: 1, bitsAllocated: 16 });
  assert.deepEqual([...new Uint16Array(bytes.buffer)], [266, 276, 286, 296]);
});

test("colour segments are put pixel by pixel", () => {
  const frame = frameOf([0xff, 1], [0xff, 2], [1, 3, 4]);
  const bytes = decodeRle(frame, { rows: 1, columns: 2, samplesPerPixel: 3, bitsAllocated: 8 });
  assert.deepEqual([...bytes], [1, 2, 3, 1, 2, 4]);
});

test("a frame that lies about its segments is refused, not read beyond", () => {
  const image = { rows: 2, columns: 2, samplesPerPixel: 1, bitsAllocated: 8 };
  assert.throws(() => decodeRle(new Uint8Array(10), image), refused);
  assert.throws(() => decodeRle(frameOf([0xff, 1]), image), refused);
  assert.throws(() => decodeRle(frameOf([1, 1, 1], [1, 1, 1]), image), refused);
  const far = Buffer.from(frameOf([3, 1, 2, 3, 4]));
  far.writeUInt32LE(10_000, 4);
  assert.throws(() => decodeRle(far, image), refused);
});

import { crc32 } from "node:zlib";

/**
 * The form of a spool segment: a header frame and then records, each a frame with a body, all on 4 KiB
 * boundaries so that a write never has to read the page it changes.
 *
 * A frame carries the checksum of the frame before it. So what a recycled file still holds from its earlier
 * use, or what a failed write left behind, is never taken for a record.
 */
export const pageBytes = 4096;
const frameMagic = 0x4f565231;
const prefixBytes = 20;

/** What a record says of the object it holds. File names are ours; nothing of a patient is in it. */
export type RecordMeta = {
  sopInstanceUid: string;
  sopClassUid: string;
  transferSyntaxUid: string;
  studyInstanceUid: string;
  seriesInstanceUid: string;
  /** Of the bytes behind group 0002. */
  sha256: string;
  callingAeTitle: string;
  calledAeTitle: string;
  purpose: "read" | "prior";
  receivedAt: number;
  /** Bytes of preamble and group 0002 in front of the data set. */
  headBytes: number;
  /** Of the whole Part 10 file. */
  sizeBytes: number;
  /** Set for an object that has a file of its own; the record then has no body. */
  file?: string;
};

export type Frame = {
  meta: unknown;
  bodyAt: number;
  bodyBytes: number;
  crc: number;
  /** Where the next frame starts, relative to the start of this one. */
  length: number;
};

const roundUp = (bytes: number): number => Math.ceil(bytes / pageBytes) * pageBytes;

/** @returns the bytes before the body, the padding behind it, and the checksum that the next frame must name. */
export function encodeFrame(
  meta: unknown,
  bodyBytes: number,
  chain: number,
): { head: Buffer; padding: Buffer; crc: number; length: number } {
  const text = Buffer.from(JSON.stringify(meta), "utf8");
  const head = Buffer.allocUnsafe(prefixBytes + text.length);
  head.writeUInt32BE(frameMagic, 0);
  head.writeUInt32BE(text.length, 4);
  head.writeUInt32BE(bodyBytes, 8);
  head.writeUInt32BE(chain, 12);
  text.copy(head, prefixBytes);
  const crc = crc32(text, crc32(head.subarray(0, 16)));
  head.writeUInt32BE(crc, 16);
  const length = roundUp(head.length + bodyBytes);
  return { head, padding: Buffer.alloc(length - head.length - bodyBytes), crc, length };
}

/** @param bytes from the start of the frame, at least one page where the file has one. @returns null when it is none. */
export function decodeFrame(bytes: Buffer, chain: number): Frame | null {
  if (bytes.length < prefixBytes || bytes.readUInt32BE(0) !== frameMagic || bytes.readUInt32BE(12) !== chain)
    return null;
  const textEnd = prefixBytes + bytes.readUInt32BE(4);
  if (textEnd > bytes.length) return null;
  const crc = bytes.readUInt32BE(16);
  const text = bytes.subarray(prefixBytes, textEnd);
  if (crc32(text, crc32(bytes.subarray(0, 16))) !== crc) return null;
  const bodyBytes = bytes.readUInt32BE(8);
  return {
    meta: JSON.parse(text.toString("utf8")),
    bodyAt: textEnd,
    bodyBytes,
    crc,
    length: roundUp(textEnd + bodyBytes),
  };
}

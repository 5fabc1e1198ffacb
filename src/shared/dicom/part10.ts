import { open } from "node:fs/promises";
import { createInflateRaw, type InflateRaw } from "node:zlib";
import { DomainError } from "../errors.ts";
import type { DicomJson } from "./dicom-json.ts";
import { ElementReader, type ReadRequest, type ReadResult, type Window } from "./element-reader.ts";
import { type InstanceUids, identityOf } from "./identity.ts";
import { inflateLimit } from "./limits.ts";
import { readHead } from "./part10-head.ts";
import { type EncapsulatedPixels, type Extent, type NativePixels, pixelLayout } from "./pixel-layout.ts";
import type { RandomAccess } from "./random-access.ts";
import { pixelsAreBigEndian, transferSyntaxes } from "./transfer-syntaxes.ts";
import { type DicomUid, parseUid } from "./uids.ts";

export type { EncapsulatedPixels, Extent, NativePixels };

/** A Part 10 file, by path, or as a byte source that the caller closes. */
export type InstanceSource = { path: string } | { handle: RandomAccess; sizeBytes: number };

/** A data set's attributes, without its pixels. */
export type DataSetHeader = {
  transferSyntaxUid: DicomUid;
  /** Where the data set starts: behind group 0002, or 0 without one. */
  dataSetOffset: number;
  sizeBytes: number;
  /** All elements but pixel data, group lengths and padding; text in Unicode. */
  dataset: DicomJson;
  /** Defined terms of (0008,0005) as they came; `dataset` itself says ISO_IR 192, since JSON is UTF-8. */
  characterSets: string[];
  /** Character sets in which text was read because it could not be in the declared ones; empty for text that is as declared. */
  repairedAs: string[];
  pixel: NativePixels | EncapsulatedPixels | null;
  /**
   * The unit of `pixel` and bulk offsets: bytes of the file, or, for a deflated transfer syntax, bytes of the inflated
   * data set. {@link readBytes} handles both.
   */
  offsetsIn: "file" | "inflated";
};

/** The header of a Part 10 file: the data set's attributes and its UIDs. */
export type InstanceHeader = DataSetHeader & InstanceUids;

/** First read: the whole header of a usual CT or MR slice. Bytes. */
const firstRead = 16 << 10;
/** Later reads, after skipping pixels or fragments. Bytes. */
const nextRead = 4 << 10;

/**
 * Reads a Part 10 file's header without loading its pixel data (Node only).
 *
 * Every declared length is checked against the size, so a file that was cut off is not taken for whole.
 *
 * @throws {DomainError} `dicom.not-part10` for what does not begin like DICOM; `dicom.truncated` when a declared length
 *   runs past the end; `dicom.malformed` without Transfer Syntax UID or for bytes that make no sense;
 *   `dicom.missing-attribute` without SOP, study or series UID; `dicom.invalid-uid`.
 * @see DICOM PS3.10 §7.1, PS3.5 §7 and Annex A
 */
export async function readInstance(source: InstanceSource): Promise<InstanceHeader> {
  return withHandle(source, async (handle, sizeBytes) => {
    const window = await firstWindow(handle, sizeBytes);
    const head = await drive(handle, new ElementReader(window), readHead);
    const header = await readHeader(handle, window, head.dataSetOffset, head.transferSyntaxUid);
    return {
      ...header,
      ...identityOf(header.dataset),
    };
  });
}

/**
 * Reads a data set that has neither preamble nor group 0002, as C-STORE carries it, or one inside a file.
 *
 * @param dataSetOffset where it starts in the source.
 * @throws {DomainError} `dicom.truncated`, `dicom.malformed`, `dicom.invalid-uid` (the transfer syntax)
 */
export async function readDataSet(
  source: InstanceSource | Uint8Array,
  transferSyntaxUid: string,
  dataSetOffset = 0,
): Promise<DataSetHeader> {
  const uid = parseUid(transferSyntaxUid);
  if (source instanceof Uint8Array) {
    const buffer = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    return readHeader(null, { buffer, base: 0, end: buffer.length }, dataSetOffset, uid);
  }
  return withHandle(source, async (handle, sizeBytes) =>
    readHeader(handle, await firstWindow(handle, sizeBytes), dataSetOffset, uid),
  );
}

/**
 * Bytes of a value by the offsets that its header gives, inflating when the data set is deflated.
 *
 * @throws {DomainError} `dicom.truncated` when the source ends before the extent does.
 */
export async function readBytes(
  source: InstanceSource,
  header: Pick<DataSetHeader, "offsetsIn" | "dataSetOffset">,
  [offset, length]: Extent,
): Promise<Buffer> {
  return withHandle(source, async (handle, sizeBytes) => {
    if (header.offsetsIn === "inflated") return inflated(handle, sizeBytes, header.dataSetOffset, offset, length);
    if (offset + length > sizeBytes) throw new DomainError("dicom.truncated");
    return readExactly(handle, offset, length);
  });
}

async function withHandle<T>(
  source: InstanceSource,
  read: (handle: RandomAccess, sizeBytes: number) => Promise<T>,
): Promise<T> {
  if ("handle" in source) return read(source.handle, source.sizeBytes);
  const handle = await open(source.path, "r");
  try {
    return await read(handle, (await handle.stat()).size);
  } finally {
    await handle.close();
  }
}

async function firstWindow(handle: RandomAccess, sizeBytes: number): Promise<Window> {
  const buffer = await readExactly(handle, 0, Math.min(firstRead, sizeBytes));
  return { buffer, base: 0, end: sizeBytes };
}

async function readHeader(
  handle: RandomAccess | null,
  fileWindow: Window,
  dataSetOffset: number,
  transferSyntaxUid: DicomUid,
): Promise<DataSetHeader> {
  const syntax = transferSyntaxes[transferSyntaxUid];
  let window = fileWindow;
  let start = dataSetOffset;
  if (syntax?.deflated) {
    window = await inflatedWindow(handle, fileWindow, dataSetOffset);
    start = 0;
  }
  const result: ReadResult = await drive(handle, new ElementReader(window), (reader) =>
    reader.read(start, syntax ?? null),
  );
  const { dataset, characterSets, repairedAs, pixels, extendedOffsets } = result;
  return {
    transferSyntaxUid,
    dataSetOffset,
    sizeBytes: fileWindow.end,
    dataset,
    characterSets,
    repairedAs,
    pixel:
      pixels && pixelLayout(dataset, pixels, extendedOffsets, transferSyntaxUid, pixelsAreBigEndian(transferSyntaxUid)),
    offsetsIn: syntax?.deflated ? "inflated" : "file",
  };
}

/** Runs a reader, moving its window over the file as requested. */
async function drive<T>(
  handle: RandomAccess | null,
  reader: ElementReader,
  start: (reader: ElementReader) => Generator<ReadRequest, T>,
): Promise<T> {
  const { window } = reader;
  const steps = start(reader);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (!handle) throw new DomainError("dicom.truncated");
    const { offset, length } = step.value;
    // Sequential reading means more header; a skip means one item header between fragments.
    const ahead = offset <= window.base + window.buffer.length ? 4 * window.buffer.length : nextRead;
    const wanted = Math.max(length, Math.min(ahead, 1 << 20));
    window.buffer = await readExactly(handle, offset, Math.min(wanted, window.end - offset));
    window.base = offset;
  }
}

async function readExactly(handle: RandomAccess, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw new DomainError("dicom.truncated");
    filled += bytesRead;
  }
  return buffer;
}

/** One at a time: several decompression bombs at once would each fill their window. */
let unpacking: Promise<unknown> = Promise.resolve();

function inflatedWindow(handle: RandomAccess | null, file: Window, offset: number): Promise<Window> {
  const turn = unpacking.then(() => unpackWindow(handle, file, offset));
  unpacking = turn.catch(() => {});
  return turn;
}

async function unpackWindow(handle: RandomAccess | null, file: Window, offset: number): Promise<Window> {
  // Grown in place: collecting chunks would need twice the memory for a moment.
  let buffer = Buffer.allocUnsafe(1 << 20);
  let end = 0;
  for await (const chunk of inflateFrom(handle, file, offset)) {
    // The rest beyond the cap is ignored: the header has to be within it.
    const wanted = chunk.subarray(0, inflateLimit - end);
    if (end + wanted.length > buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(inflateLimit, 2 * buffer.length));
      buffer.copy(larger, 0, 0, end);
      buffer = larger;
    }
    wanted.copy(buffer, end);
    end += wanted.length;
    if (end === inflateLimit) break;
  }
  return { buffer, base: 0, end, cut: end === inflateLimit };
}

async function inflated(
  handle: RandomAccess,
  sizeBytes: number,
  dataSetOffset: number,
  offset: number,
  length: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let at = 0;
  for await (const chunk of inflateFrom(handle, { buffer: Buffer.alloc(0), base: 0, end: sizeBytes }, dataSetOffset)) {
    const from = Math.max(0, offset - at);
    const to = Math.min(chunk.length, offset + length - at);
    if (from < to) chunks.push(chunk.subarray(from, to));
    at += chunk.length;
    if (at >= offset + length) break;
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length < length) throw new DomainError("dicom.truncated");
  return bytes;
}

/** The inflated data set (RFC 1951, PS3.5 A.5) in chunks; stops feeding when the consumer stops. */
async function* inflateFrom(handle: RandomAccess | null, file: Window, offset: number): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw({ chunkSize: 64 << 10 });
  const feed = async (): Promise<void> => {
    for (let at = offset; at < file.end && !inflate.destroyed && !inflate.writableEnded; at += 64 << 10) {
      const length = Math.min(64 << 10, file.end - at);
      const chunk = handle ? await readExactly(handle, at, length) : file.buffer.subarray(at, at + length);
      if (inflate.destroyed) return;
      if (!inflate.write(chunk)) await drained(inflate);
    }
    if (!inflate.destroyed) inflate.end();
  };
  const feeding = feed().catch((error: Error) => void inflate.destroy(error));
  try {
    for await (const chunk of inflate) yield chunk as Buffer;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw new DomainError(code === "Z_BUF_ERROR" ? "dicom.truncated" : "dicom.malformed", { cause: error });
  } finally {
    inflate.destroy();
    await feeding;
  }
}

/** Until it takes more, or is done for. */
function drained(inflate: InflateRaw): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      inflate.off("drain", go).off("close", go);
      resolve();
    };
    inflate.on("drain", go).on("close", go);
  });
}

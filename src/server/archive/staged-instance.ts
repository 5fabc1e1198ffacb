import { createHash } from "node:crypto";
import { stringOf } from "@overread/shared/dicom/dicom-json";
import { type InstanceUids, identityOf } from "@overread/shared/dicom/identity";
import { dataSetLimit } from "@overread/shared/dicom/limits";
import { type DataSetHeader, readDataSet } from "@overread/shared/dicom/part10";
import { headOf } from "@overread/shared/dicom/part10-head";
import { SOP } from "@overread/shared/dicom/sop-classes";
import { Tag } from "@overread/shared/dicom/tags";
import { transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { part10Head } from "@overread/shared/dicom/write";
import { DomainError } from "@overread/shared/errors";
import { digestFrames, wholeLimit } from "#server/storage/frame-digests.ts";
import { instanceKey } from "#server/storage/keys.ts";
import type { ObjectStore, StoredInstanceBytes, Upload } from "#server/storage/object-store.ts";

/** Up to this size an instance stays in memory until it is written in one piece. Bytes. */
const memoryLimit = 1 << 20;
/** A smaller instance is copied instead of keeping a whole buffer. Bytes. */
const smallLimit = 64 << 10;
/** Buffers kept for the next instances; new ones for each would keep the garbage collector busy. */
const spareLimit = 24;
/** Shared with the threads that write them. */
const spare: Buffer[] = [];
const sharedMemory = (size: number): Buffer => Buffer.from(new SharedArrayBuffer(size));

type OnNamed = (named: { sopClassUid: string; sopInstanceUid: string }) => void;

/** A completely received and valid instance that is not stored yet. */
export type StagedInstance = InstanceUids & {
  /** Offsets in it count from the start of what was received or written; subtract {@link offsetBase}. */
  header: DataSetHeader;
  offsetBase: number;
  /** Size of the object as it will be stored: our head and the data set. */
  sizeBytes: number;
  dataSetOffset: number;
  /** Checksums of the frames of a large object (`storage/frame-digests.ts`). */
  frameDigests?: number[];
  store(orgId: string): Promise<StoredInstanceBytes>;
  /** Releases memory and temporary files; to be called when the instance is durable, or abandoned. */
  discard(): Promise<void>;
};

/**
 * Receives a Part 10 file as a stream: the preamble and group 0002 are replaced by ours, the data set is kept byte for
 * byte and hashed while it is written. Small instances wait in memory; larger ones are written as they arrive, and the
 * sender is throttled to the disk's speed.
 *
 * @param onNamed called with the UIDs of group 0002 before the data set is read: a refusal can then name the instance.
 * @throws {DomainError} `dicom.not-part10`, `dicom.truncated`, `dicom.malformed`, `dicom.missing-attribute`,
 * `dicom.invalid-uid`, `request.too-large`, `storage.full`, `storage.unavailable`
 */
export async function stageInstance(
  store: ObjectStore,
  source: AsyncIterable<Uint8Array>,
  onNamed: OnNamed = () => {},
): Promise<StagedInstance> {
  const iterator = source[Symbol.asyncIterator]();
  const memory = spare.pop() ?? sharedMemory(memoryLimit);
  let kept = false;
  let released = false;
  const release = async (): Promise<void> => {
    if (!released && spare.length < spareLimit) spare.push(memory);
    released = true;
  };
  try {
    let length = 0;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
      const room = memoryLimit - length;
      memory.set(next.value.subarray(0, room), length);
      if (next.value.byteLength > room)
        return await stageInStore(store, memory, next.value.subarray(room), iterator, onNamed);
      length += next.value.byteLength;
    }
    const file = memory.subarray(0, length);
    if (length <= smallLimit) {
      const small = sharedMemory(length);
      small.set(file);
      return await stageInMemory(store, small, onNamed, async () => {});
    }
    const staged = await stageInMemory(store, file, onNamed, release);
    kept = true;
    return staged;
  } finally {
    if (!kept) await release();
  }
}

async function stageInMemory(
  store: ObjectStore,
  file: Buffer,
  onNamed: OnNamed,
  discard: StagedInstance["discard"],
): Promise<StagedInstance> {
  const { transferSyntaxUid, dataSetOffset, named } = readMeta(file);
  if (named.sopInstanceUid !== unnamed.sopInstanceUid) onNamed(named);
  const header = await readHeader(file, transferSyntaxUid, dataSetOffset);
  const uids = identityOf(header.dataset);
  const dataSet = file.subarray(dataSetOffset);
  const head = part10Head({ ...uids, transferSyntaxUid });
  return {
    ...uids,
    header,
    offsetBase: header.offsetsIn === "inflated" ? 0 : dataSetOffset,
    sizeBytes: head.length + dataSet.length,
    dataSetOffset: head.length,
    store: (orgId) => store.putInstance({ orgId, transferSyntaxUid }, new Uint8Array(head), dataSet),
    discard,
  };
}

/** @param memory full of the file's beginning; the rest is collected in it, to write large chunks. */
async function stageInStore(
  store: ObjectStore,
  memory: Buffer,
  following: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
  onNamed: OnNamed,
): Promise<StagedInstance> {
  const { transferSyntaxUid, dataSetOffset, named } = readMeta(memory);
  if (named.sopInstanceUid !== unnamed.sopInstanceUid) onNamed(named);
  const upload = await store.beginUpload();
  try {
    const head = part10Head({ ...named, transferSyntaxUid });
    const hash = createHash("sha256");
    const append = async (bytes: Uint8Array): Promise<void> => {
      hash.update(bytes);
      await upload.write(bytes);
    };
    await upload.write(head);
    await append(memory.subarray(dataSetOffset));
    let sizeBytes = head.length + memory.length - dataSetOffset;
    let gathered = 0;
    for (let bytes: Uint8Array | null = following; bytes; ) {
      sizeBytes += bytes.byteLength;
      if (sizeBytes - head.length > dataSetLimit) throw new DomainError("request.too-large");
      if (gathered + bytes.byteLength > memory.length) {
        await append(memory.subarray(0, gathered));
        gathered = 0;
      }
      if (bytes.byteLength > memory.length) await append(bytes);
      else {
        memory.set(bytes, gathered);
        gathered += bytes.byteLength;
      }
      const next: IteratorResult<Uint8Array> = await rest.next();
      bytes = next.done ? null : next.value;
    }
    await append(memory.subarray(0, gathered));
    const header = await readHeader({ handle: upload, sizeBytes }, transferSyntaxUid, head.length);
    const uids = identityOf(header.dataset);
    const frameDigests = await digestsOf(upload, header, sizeBytes);
    const dataSetSha256 = hash.digest("hex");
    const agrees = uids.sopInstanceUid === named.sopInstanceUid && uids.sopClassUid === named.sopClassUid;
    const staged: StagedInstance = {
      ...uids,
      header,
      offsetBase: header.offsetsIn === "inflated" ? 0 : head.length,
      sizeBytes,
      dataSetOffset: head.length,
      ...(frameDigests ? { frameDigests } : {}),
      store: (orgId) => complete(upload, instanceKey(orgId, dataSetSha256, transferSyntaxUid), dataSetSha256),
      discard: () => upload.abort(),
    };
    if (agrees) return staged;
    return await withNewHead(
      store,
      staged,
      upload,
      head.length,
      part10Head({ ...uids, transferSyntaxUid }),
      dataSetSha256,
    );
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

/** Group 0002 named another instance than the data set does: the data set is right, and the head is rewritten. */
async function withNewHead(
  store: ObjectStore,
  staged: StagedInstance,
  old: Upload,
  oldHeadLength: number,
  head: Buffer,
  dataSetSha256: string,
): Promise<StagedInstance> {
  const upload = await store.beginUpload();
  try {
    await upload.write(head);
    const buffer = Buffer.allocUnsafe(256 << 10);
    for (let at = oldHeadLength; at < staged.sizeBytes; ) {
      const { bytesRead } = await old.read(buffer, 0, Math.min(buffer.length, staged.sizeBytes - at), at);
      if (bytesRead === 0) throw new DomainError("storage.unavailable");
      await upload.write(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
  } catch (error) {
    await upload.abort();
    throw error;
  } finally {
    await old.abort();
  }
  return {
    ...staged,
    sizeBytes: staged.sizeBytes - oldHeadLength + head.length,
    dataSetOffset: head.length,
    store: (orgId) =>
      complete(upload, instanceKey(orgId, dataSetSha256, staged.header.transferSyntaxUid), dataSetSha256),
    discard: () => upload.abort(),
  };
}

async function complete(upload: Upload, key: string, dataSetSha256: string): Promise<StoredInstanceBytes> {
  const durable = upload.complete(key);
  durable.catch(() => {});
  return { dataSetSha256, key, durable };
}

async function digestsOf(
  upload: Upload,
  { pixel, offsetsIn }: DataSetHeader,
  sizeBytes: number,
): Promise<number[] | null> {
  if (!pixel || offsetsIn === "inflated" || sizeBytes <= wholeLimit) return null;
  return digestFrames(upload, pixel);
}

let inflating: Promise<unknown> = Promise.resolve();
/** Parses the header; deflated ones one at a time, since each may inflate to many times its size in memory. */
function readHeader(...[source, syntax, offset]: Parameters<typeof readDataSet>): Promise<DataSetHeader> {
  if (!transferSyntaxes[syntax]?.deflated) return readDataSet(source, syntax, offset);
  const turn = inflating.then(() => readDataSet(source, syntax, offset));
  inflating = turn.catch(() => {});
  return turn;
}

const unnamed = { sopClassUid: SOP.secondaryCapture as string, sopInstanceUid: "0" };

/** Preamble and group 0002 of a file of which at least the beginning is available. */
function readMeta(file: Buffer) {
  const { transferSyntaxUid, dataSetOffset, meta } = headOf(file);
  // Its UIDs only name the head of a large file until the data set itself has been read.
  const named = {
    sopClassUid: stringOf(meta, Tag.MediaStorageSOPClassUID) ?? unnamed.sopClassUid,
    sopInstanceUid: stringOf(meta, Tag.MediaStorageSOPInstanceUID) ?? unnamed.sopInstanceUid,
  };
  return { transferSyntaxUid, dataSetOffset, named };
}

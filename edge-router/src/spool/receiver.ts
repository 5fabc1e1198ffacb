import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, rename, unlink } from "node:fs/promises";
import path from "node:path";
import { DataSetStream } from "@overread/shared/dicom/data-set-stream";
import { isStorageClass } from "@overread/shared/dicom/storage-classes";
import { transferSyntaxes } from "@overread/shared/dicom/transfer-syntaxes";
import { part10Head } from "@overread/shared/dicom/write";
import { DomainError } from "@overread/shared/errors";
import type { AssociationInfo } from "../dimse/service.ts";
import type { IncomingObject, ObjectReceiver } from "../dimse/services/storage.ts";
import { isFull } from "./disk-fault.ts";
import type { Refusal } from "./refusals.ts";
import type { RecordMeta } from "./segment.ts";

/** An object up to this size is collected in memory and goes into a segment; a larger one gets its own file. */
const inlineBytes = 1024 * 1024;
/** How far a sender may be ahead of the disk. */
const aheadBytes = 2 * 1024 * 1024;
/** Pieces smaller than this are copied together once there are many: a peer may send byte by byte. */
const smallPieceBytes = 4096;
const mostSmallPieces = 64;

/** Pieces of at least this size are given back at once and not left to the garbage collector. */
const freeAtOnceBytes = 16 * 1024;

/** What a receiver needs of the spool. */
export type ReceiverHost = {
  incomingDir: string;
  objectsDir: string;
  purposeOf(calledAeTitle: string): "read" | "prior";
  /** Whether this many more bytes may be written. */
  hasRoomFor(bytes: number): boolean;
  /** Counts bytes that wait in memory; false asks for writing them out early. */
  buffer(bytes: number): boolean;
  unbuffer(bytes: number): void;
  wrote(bytes: number): void;
  /** Resolves true when the same bytes are durable here already. */
  holds(meta: RecordMeta): Promise<boolean>;
  /** Resolves when the object is durable: true by this record, false by one of the same bytes that came first. */
  commit(meta: RecordMeta, body: Buffer[]): Promise<boolean>;
  bringing(association: AssociationInfo, studyInstanceUid: string): void;
  /** Said of an object that cannot be taken as it is, however often it comes. */
  refused(refusal: Omit<Refusal, "at">): void;
  syncObjectsDir(): Promise<void>;
  fatal(error: unknown): never;
};

/** Takes one data set from the network to the disk without ever holding more than a piece of it. */
export class Receiver implements ObjectReceiver {
  readonly #host: ReceiverHost;
  readonly #incoming: IncomingObject;
  readonly #onRoom: () => void;
  readonly #head: Buffer;
  readonly #hash = createHash("sha256");
  readonly #walk: DataSetStream;
  #pieces: Buffer[] = [];
  #tail: Buffer | null = null;
  #tailBytes = 0;
  #newest: ArrayBufferLike = new ArrayBuffer(0);
  #waitingBytes = 0;
  #dataSetBytes = 0;
  #name: string | null = null;
  #file: Promise<FileHandle> | null = null;
  #writing: Promise<void> | null = null;
  #failed: DomainError | null = null;
  #finishing = false;
  #cleared = false;

  constructor(host: ReceiverHost, incoming: IncomingObject, onRoom: () => void) {
    this.#host = host;
    this.#incoming = incoming;
    this.#onRoom = onRoom;
    this.#walk = new DataSetStream(incoming.transferSyntaxUid);
    this.#head = part10Head({ ...incoming, sourceAeTitle: incoming.association.callingAeTitle });
    this.#pieces.push(this.#head);
    if (!host.hasRoomFor(inlineBytes)) this.#fail(new DomainError("storage.full"));
  }

  get full(): boolean {
    return this.#file !== null && this.#waitingBytes > aheadBytes;
  }

  write(bytes: Buffer): void {
    if (this.#failed || bytes.length === 0) return;
    this.#hash.update(bytes);
    this.#walk.push(bytes);
    this.#dataSetBytes += bytes.length;
    this.#newest = bytes.buffer;
    this.#keep(bytes);
    this.#waitingBytes += bytes.length;
    const fits = this.#host.buffer(bytes.length);
    if (!this.#file && (!fits || this.#dataSetBytes > inlineBytes)) this.#openFile();
    if (this.#file) this.#writing ??= this.#writeOut();
  }

  #keep(bytes: Buffer): void {
    if (bytes.length >= smallPieceBytes || this.#pieces.length < mostSmallPieces) {
      this.#endTail();
      this.#pieces.push(bytes);
      return;
    }
    if (this.#tail && this.#tailBytes + bytes.length > this.#tail.length) this.#endTail();
    this.#tail ??= Buffer.allocUnsafeSlow(64 * 1024);
    this.#tailBytes += bytes.copy(this.#tail, this.#tailBytes);
  }

  #endTail(): void {
    if (this.#tail) this.#pieces.push(this.#tail.subarray(0, this.#tailBytes));
    this.#tail = null;
    this.#tailBytes = 0;
  }

  #takePieces(): Buffer[] {
    this.#endTail();
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  /**
   * Frees the memory of pieces that are on the disk. They are a megabyte for each slice: left to the garbage
   * collector they cost it more than all else that receiving costs. Nothing else refers to them: commands and
   * control PDUs are copied out of a chunk, and what lies unread behind the end of an object lies in the newest
   * chunk, which is left alone.
   */
  #freeMemory(pieces: Buffer[]): void {
    // The inflater of a deflated data set may hold its input longer.
    if (transferSyntaxes[this.#incoming.transferSyntaxUid]?.deflated) return;
    const given = new Set(pieces.filter(({ length }) => length >= freeAtOnceBytes).map(({ buffer }) => buffer));
    given.delete(this.#newest);
    given.delete(this.#head.buffer);
    for (const buffer of given) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
  }

  #openFile(): void {
    this.#name = `${randomUUID()}.dcm`;
    this.#file = open(path.join(this.#host.incomingDir, this.#name), "wx", 0o600);
    this.#file.catch(() => undefined);
  }

  async #writeOut(): Promise<void> {
    try {
      const file = await this.#file!;
      while (this.#waitingBytes > 0 && !this.#failed) {
        if (!this.#host.hasRoomFor(this.#waitingBytes)) throw new DomainError("storage.full");
        const bytes = this.#waitingBytes;
        const pieces = this.#takePieces();
        await writePieces(file, pieces);
        this.#freeMemory(pieces);
        this.#host.wrote(bytes);
        this.#release(bytes);
        this.#onRoom();
      }
    } catch (error) {
      if (!isFull(error)) this.#host.fatal(error);
      this.#fail(error instanceof DomainError ? error : new DomainError("storage.full", { cause: error }));
      this.#onRoom();
    } finally {
      this.#writing = null;
    }
  }

  #release(bytes: number): void {
    this.#waitingBytes -= bytes;
    this.#host.unbuffer(bytes);
  }

  #fail(error: DomainError): void {
    this.#failed = error;
    this.#pieces = [];
    this.#tail = null;
    this.#release(this.#waitingBytes);
  }

  async finish(): Promise<void> {
    this.#finishing = true;
    try {
      const identity = await this.#walk.finish().catch((error: unknown) => {
        // Bytes are no longer followed once the disk was full; that reason comes first.
        throw this.#failed ?? error;
      });
      const { sopClassUid, sopInstanceUid, transferSyntaxUid, association } = this.#incoming;
      if (!isStorageClass(sopClassUid)) throw new DomainError("dicom.malformed");
      if (identity.sopClassUid !== sopClassUid || identity.sopInstanceUid !== sopInstanceUid)
        throw new DomainError("dicom.uid-mismatch");
      const meta: RecordMeta = {
        ...identity,
        transferSyntaxUid,
        sha256: this.#hash.digest("hex"),
        callingAeTitle: association.callingAeTitle,
        calledAeTitle: association.calledAeTitle,
        purpose: this.#host.purposeOf(association.calledAeTitle),
        receivedAt: Date.now(),
        headBytes: this.#head.length,
        sizeBytes: this.#head.length + this.#dataSetBytes,
      };
      if (this.#failed) throw this.#failed;
      this.#host.bringing(association, meta.studyInstanceUid);
      if (await this.#host.holds(meta)) return;
      if (this.#file) await this.#commitFile(meta);
      else {
        const pieces = this.#takePieces();
        await this.#host.commit(meta, pieces);
        this.#freeMemory(pieces);
      }
    } catch (error) {
      if (error instanceof DomainError && error.code.startsWith("dicom.")) this.#tellOfRefusal(error.code);
      throw error;
    } finally {
      await this.#clear();
    }
  }

  #tellOfRefusal(reason: string): void {
    const { sopInstanceUid, association } = this.#incoming;
    const { callingAeTitle } = association;
    const studyInstanceUid = this.#walk.seen.studyInstanceUid ?? null;
    this.#host.refused({ sopInstanceUid, studyInstanceUid, reason, callingAeTitle });
  }

  /** File, its name, its directory entry, then the record that makes it count: each durable before the next. */
  async #commitFile(meta: RecordMeta): Promise<void> {
    while (this.#writing) await this.#writing;
    if (this.#failed) throw this.#failed;
    const file = await this.#file!;
    const name = this.#name!;
    try {
      await file.sync();
      await file.close();
      this.#file = null;
      await rename(path.join(this.#host.incomingDir, name), path.join(this.#host.objectsDir, name));
      await this.#host.syncObjectsDir();
    } catch (error) {
      // The disk is in doubt: never acknowledge, never try the sync again. One that is only full is not in doubt.
      if (!isFull(error)) this.#host.fatal(error);
      await unlink(path.join(this.#host.objectsDir, name)).catch(() => undefined);
      throw new DomainError("storage.full", { cause: error });
    }
    let counts = false;
    try {
      counts = await this.#host.commit({ ...meta, file: name }, []);
    } finally {
      if (!counts) await unlink(path.join(this.#host.objectsDir, name)).catch(() => undefined);
    }
  }

  discard(): void {
    // A sender that hangs up while its object is being made durable does not undo that.
    if (this.#finishing) return;
    this.#failed ??= new DomainError("dicom.truncated");
    void this.#clear();
  }

  async #clear(): Promise<void> {
    if (this.#cleared) return;
    this.#cleared = true;
    this.#walk.discard();
    while (this.#writing) await this.#writing;
    this.#takePieces();
    this.#release(this.#waitingBytes);
    const file = await this.#file?.catch(() => null);
    this.#file = null;
    await file?.close().catch(() => undefined);
    if (this.#name) await unlink(path.join(this.#host.incomingDir, this.#name!)).catch(() => undefined);
  }
}

async function writePieces(file: FileHandle, pieces: Buffer[]): Promise<void> {
  let rest = pieces;
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest);
    let whole = 0;
    while (whole < rest.length && rest[whole]!.length <= bytesWritten) bytesWritten -= rest[whole++]!.length;
    rest = rest.slice(whole);
    if (bytesWritten > 0) rest[0] = rest[0]!.subarray(bytesWritten);
  }
}

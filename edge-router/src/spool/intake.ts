import { open } from "node:fs/promises";
import { DomainError } from "@overread/shared/errors";
import type { IncomingObject, ObjectReceiver } from "../dimse/services/storage.ts";
import type { DiskGauge } from "./disk.ts";
import { isIndexFault } from "./disk-fault.ts";
import type { SpoolIndex } from "./index-db.ts";
import type { Inflow } from "./inflow.ts";
import type { Journal } from "./journal.ts";
import type { OpenStudies } from "./open-studies.ts";
import type { Outgoing } from "./outgoing.ts";
import type { OwedWrites } from "./owed-writes.ts";
import { Receiver, type ReceiverHost } from "./receiver.ts";
import type { Refusal } from "./refusals.ts";
import type { Stored } from "./rows.ts";
import type { RecordMeta } from "./segment.ts";

/** All data sets in memory together; beyond it each goes to its file early and senders wait for the disk. */
const bufferLimitBytes = 96 * 1024 * 1024;
/** How long new entries may wait to share one index transaction; they are durable already. */
const indexAfterMs = 50;
/** An index that cannot take what is durable has no disk either: nothing more is received then. */
const mostUnindexed = 5_000;

export type IntakeOptions = {
  incomingDir: string;
  objectsDir: string;
  purposeOf(calledAeTitle: string): "read" | "prior";
  onFatal(error: unknown): never;
  onStored?: ((studyInstanceUids: Set<string>) => void) | undefined;
};

/** What the intake works with; the spool owns them. */
export type IntakeParts = {
  journal: Journal;
  index: SpoolIndex;
  writes: OwedWrites;
  outgoing: Outgoing;
  disk: DiskGauge;
  inflow: Inflow;
  openStudies: OpenStudies;
  refused(refusal: Omit<Refusal, "at">): void;
};

/** Makes what comes durable in the journal, the same bytes once, and enters it in the index a moment later. */
export class Intake {
  lastReceivedAt: number | null = null;
  readonly #options: IntakeOptions;
  readonly #parts: IntakeParts;
  readonly #host: ReceiverHost;
  readonly #underWay = new Map<string, Promise<boolean>>();
  #unindexed: Stored[] = [];
  readonly #unindexedKeys = new Set<string>();
  /** Came again, and is here already. */
  #repeated: RecordMeta[] = [];
  #indexTimer: NodeJS.Timeout | null = null;
  #bufferedBytes = 0;
  #closed = false;

  constructor(options: IntakeOptions, parts: IntakeParts) {
    this.#options = options;
    this.#parts = parts;
    this.lastReceivedAt = parts.index.lastReceivedAt();
    this.#host = this.#receiverHost();
  }

  begin(object: IncomingObject, onRoom: () => void): ObjectReceiver {
    return new Receiver(this.#host, object, onRoom);
  }

  /** Objects that are durable and not in the index yet. */
  get unindexed(): readonly Stored[] {
    return this.#unindexed;
  }
  /** Nothing is being made durable now. */
  get isIdle(): boolean {
    return this.#underWay.size === 0;
  }

  /** Takes up what the journal holds and the index does not know. */
  adopt(entries: Stored[]): void {
    this.#unindexed.push(...entries);
    for (const { meta } of entries) this.#unindexedKeys.add(keyOf(meta));
    this.#enter();
  }

  #receiverHost(): ReceiverHost {
    const { disk, inflow, openStudies } = this.#parts;
    const { incomingDir, objectsDir, purposeOf, onFatal } = this.#options;
    return {
      incomingDir,
      objectsDir,
      purposeOf,
      hasRoomFor: (bytes) => this.#unindexed.length < mostUnindexed && disk.hasRoomFor(bytes),
      buffer: (bytes) => {
        this.#bufferedBytes += bytes;
        inflow.note(bytes, Date.now());
        return this.#bufferedBytes < bufferLimitBytes;
      },
      unbuffer: (bytes) => {
        this.#bufferedBytes -= bytes;
      },
      wrote: (bytes) => disk.wrote(bytes),
      holds: (meta) => this.#holds(meta),
      commit: (meta, body) => this.#commit(meta, body),
      refused: (refusal) => this.#parts.refused(refusal),
      syncObjectsDir: async () => {
        const dir = await open(objectsDir);
        await dir.sync().finally(() => dir.close());
      },
      bringing: ({ id }, studyInstanceUid) => openStudies.bringing(id, studyInstanceUid),
      fatal: onFatal,
    };
  }

  async #holds(meta: RecordMeta): Promise<boolean> {
    const key = keyOf(meta);
    await this.#underWay.get(key)?.catch(() => undefined);
    if (!this.#unindexedKeys.has(key) && !this.#isQueued(meta)) return false;
    this.#repeat(meta);
    return true;
  }

  #isQueued(meta: RecordMeta): boolean {
    try {
      const known = this.#parts.index.find(meta);
      return known !== undefined && known.state !== "refused" && !this.#parts.outgoing.isDone(known);
    } catch (error) {
      if (!isIndexFault(error)) throw error;
      throw new DomainError("storage.unavailable", { cause: error });
    }
  }

  async #commit(meta: RecordMeta, body: Buffer[]): Promise<boolean> {
    const key = keyOf(meta);
    // Two associations may bring the same object at the same time: the second one waits for the first.
    const first = this.#underWay.get(key);
    if (first) {
      await first;
      this.#repeat(meta);
      return false;
    }
    const committed = this.#append(meta, body).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, committed);
    return committed;
  }

  async #append(meta: RecordMeta, body: Buffer[]): Promise<boolean> {
    const location = await this.#parts.journal.append(meta, body, meta.file ? 0 : meta.sizeBytes);
    if (!meta.file) this.#parts.disk.wrote(meta.sizeBytes);
    this.lastReceivedAt = meta.receivedAt;
    this.#unindexedKeys.add(keyOf(meta));
    this.#unindexed.push({ meta, ...(meta.file ? { segment: null, offset: 0 } : location) });
    this.#indexTimer ??= setTimeout(() => this.#enter(), indexAfterMs);
    return true;
  }

  #repeat(meta: RecordMeta): void {
    this.lastReceivedAt = meta.receivedAt;
    this.#repeated.push(meta);
    this.#indexTimer ??= setTimeout(() => this.#enter(), indexAfterMs);
  }

  #enter(): void {
    const { index, writes } = this.#parts;
    this.#indexTimer = null;
    const batch = this.#unindexed;
    if (batch.length + this.#repeated.length === 0) return;
    const isEntered = writes.tryNow(() => {
      for (const { meta } of batch) index.touch(meta);
      for (const entry of batch) index.add(entry);
      for (const meta of this.#repeated) index.touch(meta);
    });
    if (!isEntered) {
      // The disk is full: they stay durable in the journal, and are entered when there is room.
      if (!this.#closed) this.#indexTimer = setTimeout(() => this.#enter(), 1_000);
      return;
    }
    this.#unindexed = [];
    this.#unindexedKeys.clear();
    this.#repeated = [];
    this.#options.onStored?.(new Set(batch.map(({ meta }) => meta.studyInstanceUid)));
  }

  /** Once the journal is closed: enters what it still can. */
  close(): void {
    this.#closed = true;
    if (this.#indexTimer) clearTimeout(this.#indexTimer);
    this.#enter();
  }
}

/** The same bytes in another transfer syntax are another object. */
const keyOf = ({ sopInstanceUid, sha256, transferSyntaxUid }: RecordMeta): string =>
  `${sopInstanceUid} ${sha256} ${transferSyntaxUid}`;

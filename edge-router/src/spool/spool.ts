import { existsSync, mkdirSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { InstanceDigest } from "@overread/shared/edge-contract/v1";
import { DomainError } from "@overread/shared/errors";
import type { AssociationInfo } from "../dimse/service.ts";
import type { IncomingObject, ObjectReceiver } from "../dimse/services/storage.ts";
import { BALLAST_BYTES, Ballast } from "./ballast.ts";
import { DiskGauge } from "./disk.ts";
import { isDiskFault, isIndexFault } from "./disk-fault.ts";
import { checkpoint, type InstanceRow, SpoolIndex, type Stored, type StudyRow } from "./index-db.ts";
import { Inflow } from "./inflow.ts";
import { Journal, madeAt } from "./journal.ts";
import type { FoundRecord } from "./journal-scan.ts";
import { openIndex } from "./open-index.ts";
import { Outgoing } from "./outgoing.ts";
import { OwedWrites } from "./owed-writes.ts";
import { ownFiles } from "./own-files.ts";
import { Receiver, type ReceiverHost } from "./receiver.ts";
import { type Refusal, Refusals } from "./refusals.ts";
import type { RecordMeta } from "./segment.ts";
import { dataSetSha256, isWhole } from "./verify.ts";

/** All data sets in memory together; beyond it each goes to its file early and senders wait for the disk. */
const BUFFER_BYTES = 96 * 1024 * 1024;
/** Segments are made beforehand only while nothing came for this long. */
const IDLE_MS = 3_000;
/** How long new entries may wait to share one index transaction; they are durable already. */
const INDEX_AFTER_MS = 50;
/** What the archive has confirmed stays for as long as nobody needs its room: it may be asked for again. */
const KEEP_FORWARDED_SEGMENTS = 8;
const KEEP_FORWARDED_MS = 14 * 24 * 3_600_000;
export const KEEP_DONE_MS = 30 * 24 * 3_600_000;

export interface SpoolOptions {
  dir: string;
  /** null: 5 % of the disk, at most 1 GiB. */
  reserveBytes: number | null;
  /** Most bytes of a segment; on a small disk a sixteenth of it, but no less than `minSegmentBytes`. */
  segmentBytes: number;
  minSegmentBytes: number;
  keepSpares: number;
  purposeOf(calledAeTitle: string): "read" | "prior";
  /** The disk is in doubt: end the process without another answer. */
  onFatal(error: unknown): never;
  /** New work for the uploader. */
  onStored?(studyInstanceUids: Set<string>): void;
  /** The index was damaged and is made anew from what was received; the damaged one is set aside. */
  onRebuilt?(): void;
  /** The disk refused something that is tried again. */
  onTrouble?(error: unknown): void;
}

/** Bytes of a Part 10 file on our disk. */
export interface Bytes {
  path: string;
  start: number;
  length: number;
}

/** Everything that was received and that the archive has not confirmed yet. */
export class Spool {
  readonly db: DatabaseSync;
  readonly index: SpoolIndex;
  readonly writes: OwedWrites;
  readonly outgoing: Outgoing;
  readonly refusals: Refusals;
  readonly disk: DiskGauge;
  readonly inflow = new Inflow();
  lastReceivedAt: number | null = null;
  readonly #options: SpoolOptions;
  readonly #journal: Journal;
  readonly #objectsDir: string;
  readonly #host: ReceiverHost;
  readonly #underWay = new Map<string, Promise<boolean>>();
  /** Studies of associations that are still open. */
  readonly #openStudies = new Map<string, Set<string>>();
  readonly #ballast: Ballast;
  #unindexed: Stored[] = [];
  readonly #unindexedKeys = new Set<string>();
  /** Came again, and is here already. */
  #repeated: RecordMeta[] = [];
  #indexTimer: NodeJS.Timeout | null = null;
  #bufferedBytes = 0;
  #sweeping: Promise<void> | null = null;
  #sweepTimer: NodeJS.Timeout | null = null;
  #forgotAt = 0;
  #closed = false;

  private constructor(options: SpoolOptions, db: DatabaseSync, journal: Journal, disk: DiskGauge, ballast: Ballast) {
    this.#options = options;
    this.db = db;
    this.index = new SpoolIndex(db);
    this.#journal = journal;
    this.disk = disk;
    this.#ballast = ballast;
    const waysToMakeRoom = [() => checkpoint(db), () => ballast.drop()];
    this.writes = new OwedWrites(db, waysToMakeRoom, () => this.outgoing.settled());
    this.refusals = new Refusals(db);
    this.outgoing = new Outgoing(this.index, this.writes, this.refusals);
    this.#objectsDir = path.join(options.dir, "objects");
    this.#host = this.#receiverHost();
  }

  /**
   * Opens the spool and puts right what a crash left: entries that the journal has and the index has not are
   * added, pieces of objects that were never acknowledged are removed, everything queued is asked for again.
   *
   * @throws an error of which `isDiskFault` is true when the index cannot even be read now.
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const dirs = ["segments", "objects", "incoming"].map((name) => path.join(options.dir, name));
    for (const dir of dirs) mkdirSync(dir, { recursive: true, mode: 0o700 });
    const [segmentsDir, , incomingDir] = dirs as [string, string, string];
    for (const name of readdirSync(incomingDir)) rmSync(path.join(incomingDir, name), { force: true });
    const ballast = new Ballast(path.join(options.dir, "ballast"));
    const indexFile = path.join(options.dir, "index.db");
    const { db, isRebuilt } = openIndex(indexFile, ballast);
    if (isRebuilt) options.onRebuilt?.();
    try {
      const disk = new DiskGauge(options.dir, options.reserveBytes);
      const segmentBytes = Math.min(options.segmentBytes, Math.max(options.minSegmentBytes, disk.totalBytes / 16));
      const mayPreallocate = (count: number): boolean => disk.hasRoomFor(20 * count * segmentBytes);
      const { journal, found } = await Journal.open({ ...options, segmentBytes, mayPreallocate, dir: segmentsDir });
      try {
        const spool = new Spool({ ...options, segmentBytes }, db, journal, disk, ballast);
        await spool.#recover(isRebuilt ? [...found, ...(await ownFiles(dirs[1]!, found))] : found);
        spool.#sweepTimer = setInterval(() => void spool.sweep(), 1_000);
        return spool;
      } catch (error) {
        await journal.close();
        throw error;
      }
    } catch (error) {
      db.close();
      throw error;
    }
  }

  async #recover(found: FoundRecord[]): Promise<void> {
    for (const record of found) {
      const { meta, location } = record;
      if (this.index.knows(meta)) continue;
      if (!(await isWhole(this.#journal, this.#objectsDir, record))) continue;
      this.#unindexed.push({ meta, ...(meta.file ? { segment: null, offset: 0 } : location), suspect: true });
      this.#unindexedKeys.add(keyOf(meta));
    }
    const needed = new Set(this.#unindexed.map(({ meta }) => meta.file));
    for (const name of readdirSync(this.#objectsDir))
      if (!needed.has(name) && !this.index.knowsFile(name)) unlinkSync(path.join(this.#objectsDir, name));
    this.writes.tryNow(() => this.index.hastenAll());
    this.writes.tryNow(() => this.refusals.adopt());
    this.lastReceivedAt = this.index.lastReceivedAt();
    this.#enter();
  }

  /** Takes one object from an association. */
  begin(object: IncomingObject, onRoom: () => void): ObjectReceiver {
    if (!this.#openStudies.has(object.association.id)) this.#openStudies.set(object.association.id, new Set());
    return new Receiver(this.#host, object, onRoom);
  }

  /** Something was refused as it arrived: its sender has been told, and the site is to know. */
  refused(refusal: Omit<Refusal, "at">): void {
    this.writes.enter(() => this.refusals.add({ ...refusal, at: Date.now() }));
  }

  associationEnded(association: AssociationInfo): void {
    this.#openStudies.delete(association.id);
  }

  /** Whether an association that brought images of the study is still open. */
  isArriving(studyInstanceUid: string): boolean {
    for (const studies of this.#openStudies.values()) if (studies.has(studyInstanceUid)) return true;
    return false;
  }

  /** Studies that are over: their associations have ended, nothing came for `quietMs`, nothing is queued. */
  quietStudies(now: number, quietMs: number): StudyRow[] {
    if (this.#unindexed.length > 0 || this.writes.any) return [];
    return this.index
      .studiesReady(now, now - quietMs)
      .filter(({ studyInstanceUid }) => !this.isArriving(studyInstanceUid));
  }

  /** What waits to be forwarded, whether the index knows of it or not. */
  queue(): { instances: number; bytes: number; oldestReceivedAt: number | null } {
    const { instances, bytes, oldestReceivedAt } = this.index.queue();
    return {
      instances: Math.max(0, instances + this.#unindexed.length - this.outgoing.doneAhead),
      bytes: this.#unindexed.reduce((sum, { meta }) => sum + meta.sizeBytes, bytes),
      oldestReceivedAt: oldestReceivedAt ?? this.#unindexed[0]?.meta.receivedAt ?? null,
    };
  }

  /** Where the bytes of an object are, or null when they are gone (the archive confirmed them before a crash). */
  locate(row: Pick<InstanceRow, "segment" | "offset" | "file" | "sizeBytes">): Bytes | null {
    const file = row.file
      ? path.join(this.#objectsDir, row.file)
      : row.segment
        ? this.#journal.pathOf(row.segment)
        : null;
    if (!file || !existsSync(file)) return null;
    return { path: file, start: row.offset, length: row.sizeBytes };
  }

  /** The archive holds these: their bytes may go. */
  confirmed(rows: InstanceRow[]): void {
    this.outgoing.confirmed(rows, Date.now());
    for (const { file } of rows) {
      if (!file) continue;
      try {
        rmSync(path.join(this.#objectsDir, file), { force: true });
      } catch (error) {
        // It is an orphan then, and goes with the next start.
        this.#trouble(error);
      }
    }
  }

  #receiverHost(): ReceiverHost {
    const incomingDir = path.join(this.#options.dir, "incoming");
    return {
      incomingDir,
      objectsDir: this.#objectsDir,
      purposeOf: this.#options.purposeOf,
      // An index that cannot take what is durable has no disk either.
      hasRoomFor: (bytes) => this.#unindexed.length < 5_000 && this.disk.hasRoomFor(bytes),
      buffer: (bytes) => {
        this.#bufferedBytes += bytes;
        this.inflow.note(bytes, Date.now());
        return this.#bufferedBytes < BUFFER_BYTES;
      },
      unbuffer: (bytes) => {
        this.#bufferedBytes -= bytes;
      },
      wrote: (bytes) => this.disk.wrote(bytes),
      holds: (meta) => this.#holds(meta),
      commit: (meta, body) => this.#commit(meta, body),
      refused: (refusal) => this.refused(refusal),
      syncObjectsDir: async () => {
        const dir = await open(this.#objectsDir);
        await dir.sync().finally(() => dir.close());
      },
      bringing: (association, studyInstanceUid) => {
        // Absent when the association has ended meanwhile.
        this.#openStudies.get(association.id)?.add(studyInstanceUid);
      },
      fatal: this.#options.onFatal,
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
      const known = this.index.find(meta);
      return known !== undefined && known.state !== "refused" && !this.outgoing.isDone(known);
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
    const location = await this.#journal.append(meta, body, meta.file ? 0 : meta.sizeBytes);
    if (!meta.file) this.disk.wrote(meta.sizeBytes);
    this.lastReceivedAt = meta.receivedAt;
    this.#unindexedKeys.add(keyOf(meta));
    this.#unindexed.push({ meta, ...(meta.file ? { segment: null, offset: 0 } : location) });
    this.#indexTimer ??= setTimeout(() => this.#enter(), INDEX_AFTER_MS);
    return true;
  }

  #repeat(meta: RecordMeta): void {
    this.lastReceivedAt = meta.receivedAt;
    this.#repeated.push(meta);
    this.#indexTimer ??= setTimeout(() => this.#enter(), INDEX_AFTER_MS);
  }

  #enter(): void {
    this.#indexTimer = null;
    const batch = this.#unindexed;
    if (batch.length + this.#repeated.length === 0) return;
    const isEntered = this.writes.tryNow(() => {
      for (const { meta } of batch) this.index.touch(meta);
      for (const entry of batch) this.index.add(entry);
      for (const meta of this.#repeated) this.index.touch(meta);
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

  /** Gives back segments that are drained, and forgets what has long been delivered. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweepOnce().finally(() => {
      this.#sweeping = null;
    });
    return this.#sweeping;
  }

  async #sweepOnce(): Promise<void> {
    try {
      this.writes.settle();
      await this.#giveRoomBack();
      if (!this.#ballast.laid && !this.writes.any && this.disk.hasRoomFor(2 * BALLAST_BYTES)) this.#ballast.lay();
      if (Date.now() - this.#forgotAt < 3_600_000) return;
      this.#forgotAt = Date.now();
      this.writes.tryNow(() => this.index.forgetDone(this.#forgotAt - KEEP_DONE_MS));
    } catch (error) {
      this.#trouble(error);
    }
  }

  /** Needs no room and no write of the index: it is what gives them room. */
  async #giveRoomBack(): Promise<void> {
    this.#journal.preallocate(IDLE_MS);
    const short = !this.disk.hasRoomFor(this.#options.segmentBytes);
    if (short) await this.#journal.dropSpares();
    const isDrained = (): boolean =>
      this.#underWay.size === 0 && !this.#liveSegments().has(this.#journal.activeSegment);
    if (short) await this.#journal.renew(isDrained, true);
    // A twentieth of what is free, at most, is spent on what is needed no more.
    const keeps = this.disk.hasRoomFor(20 * KEEP_FORWARDED_SEGMENTS * this.#options.segmentBytes);
    const isKept = (segment: string): boolean => keeps && madeAt(segment) > Date.now() - KEEP_FORWARDED_MS;
    if (!short && this.#journal.isIdle(IDLE_MS) && !isKept(this.#journal.activeSegment) && isDrained())
      await this.#journal.renew(isDrained, false);
    // What was committed meanwhile may lie in a segment that looked drained.
    if (this.#underWay.size > 0) return;
    const live = this.#liveSegments();
    const drained = [...this.#journal.sealed].filter((name) => !live.has(name)).sort();
    const newest = new Set(drained.slice(-KEEP_FORWARDED_SEGMENTS));
    for (const segment of drained) {
      if (newest.has(segment) && isKept(segment)) continue;
      // Asked for again meanwhile.
      if (this.#liveSegments().has(segment)) continue;
      await this.#journal.reclaim(segment, !short);
    }
  }

  /**
   * The archive has lost what it confirmed: objects whose bytes are here still are queued again.
   * @returns how many that are.
   */
  async sendAgain(instances: InstanceDigest[]): Promise<number> {
    const studies = new Set<string>();
    let found = 0;
    for (const { sopInstanceUid, dataSetSha256: sha256, transferSyntaxUid = "" } of instances) {
      const row = this.index.find({ sopInstanceUid, sha256, transferSyntaxUid });
      if (row?.state !== "done" || !(await this.#isThere(row))) continue;
      if (!this.locate(row) || !this.writes.tryNow(() => this.index.queueAgain(row.id))) continue;
      studies.add(row.studyInstanceUid);
      found++;
    }
    if (found > 0) this.#options.onStored?.(studies);
    return found;
  }

  /** Whether the bytes that were confirmed still lie where they lay: another object may have taken their place. */
  async #isThere(row: InstanceRow): Promise<boolean> {
    const bytes = this.locate(row);
    return bytes !== null && (await dataSetSha256(bytes).catch(() => "")) === row.sha256;
  }

  #liveSegments(): Set<string> {
    const live = this.outgoing.liveSegments();
    for (const { segment } of this.#unindexed) if (segment) live.add(segment);
    return live;
  }

  #trouble(error: unknown): void {
    if (!isDiskFault(error)) throw error;
    this.#options.onTrouble?.(error);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#sweepTimer) clearInterval(this.#sweepTimer);
    await this.#sweeping;
    await this.#journal.close();
    if (this.#indexTimer) clearTimeout(this.#indexTimer);
    this.#enter();
    this.writes.settle();
    this.db.close();
  }
}

/** The same bytes in another transfer syntax are another object. */
const keyOf = ({ sopInstanceUid, sha256, transferSyntaxUid }: RecordMeta): string =>
  `${sopInstanceUid} ${sha256} ${transferSyntaxUid}`;

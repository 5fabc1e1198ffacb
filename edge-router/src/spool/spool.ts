import { existsSync, mkdirSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { InstanceDigest } from "@overread/shared/edge-contract/v1";
import type { AssociationInfo } from "../dimse/service.ts";
import type { IncomingObject, ObjectReceiver, ObjectStore } from "../dimse/services/storage.ts";
import { Ballast, ballastBytes } from "./ballast.ts";
import { checkpoint } from "./database.ts";
import { DiskGauge } from "./disk.ts";
import { isDiskFault } from "./disk-fault.ts";
import type { Bytes, ForwardQueue, OwnRows, RefusalList, SentObjects, SpoolReport, StudyQueue } from "./faces.ts";
import { SpoolIndex } from "./index-db.ts";
import { Inflow } from "./inflow.ts";
import { Intake, type IntakeOptions } from "./intake.ts";
import { Journal } from "./journal.ts";
import type { FoundRecord } from "./journal-scan.ts";
import { openIndex } from "./open-index.ts";
import { OpenStudies } from "./open-studies.ts";
import { Outgoing } from "./outgoing.ts";
import { OwedWrites } from "./owed-writes.ts";
import { ownFiles } from "./own-files.ts";
import { reclaimSegments } from "./reclaim.ts";
import { type Refusal, Refusals } from "./refusals.ts";
import { forgetAfterMs, type InstanceRow, type Stored, type StudyRow } from "./rows.ts";
import { dataSetSha256, isWhole } from "./verify.ts";

const forgetEveryMs = 3_600_000;

export type SpoolOptions = Pick<IntakeOptions, "purposeOf" | "onFatal" | "onStored"> & {
  dir: string;
  /** null: 5 % of the disk, at most 1 GiB. */
  reserveBytes: number | null;
  /** Most bytes of a segment; on a small disk a sixteenth of it, but no less than `minSegmentBytes`. */
  segmentBytes: number;
  minSegmentBytes: number;
  keepSpares: number;
  /** The index was damaged and is made anew from what was received; the damaged one is set aside. */
  onRebuilt?(): void;
  /** The disk refused something that is tried again. */
  onTrouble?(error: unknown): void;
};

type SpoolParts = { db: DatabaseSync; journal: Journal; disk: DiskGauge; ballast: Ballast };

/** Everything that was received and that the archive has not confirmed yet. */
export class Spool implements ObjectStore, ForwardQueue, StudyQueue, OwnRows, SpoolReport, SentObjects {
  readonly db: DatabaseSync;
  readonly writes: OwedWrites;
  readonly disk: DiskGauge;
  readonly #options: SpoolOptions;
  readonly #index: SpoolIndex;
  readonly #refusals: Refusals;
  readonly #outgoing: Outgoing;
  readonly #inflow = new Inflow();
  readonly #openStudies = new OpenStudies();
  readonly #journal: Journal;
  readonly #intake: Intake;
  readonly #objectsDir: string;
  readonly #ballast: Ballast;
  #sweeping: Promise<void> | null = null;
  #sweepTimer: NodeJS.Timeout | null = null;
  #forgotAt = 0;

  private constructor(options: SpoolOptions, { db, journal, disk, ballast }: SpoolParts) {
    this.#options = options;
    this.db = db;
    this.disk = disk;
    this.#index = new SpoolIndex(db);
    this.#journal = journal;
    this.#ballast = ballast;
    const freeSpace = [() => checkpoint(db), () => ballast.drop()];
    this.writes = new OwedWrites(db, freeSpace, () => this.#outgoing.settled());
    this.#refusals = new Refusals(db);
    this.#outgoing = new Outgoing(this.#index, this.writes, this.#refusals);
    this.#objectsDir = path.join(options.dir, "objects");
    this.#intake = new Intake(
      { ...options, objectsDir: this.#objectsDir, incomingDir: path.join(options.dir, "incoming") },
      {
        journal,
        disk,
        index: this.#index,
        writes: this.writes,
        outgoing: this.#outgoing,
        inflow: this.#inflow,
        openStudies: this.#openStudies,
        refused: (refusal) => this.#noteRefusal(refusal),
      },
    );
  }

  /**
   * Opens the spool and puts right what a crash left: entries that the journal has and the index has not are
   * added, pieces of objects that were never acknowledged are removed, everything queued is asked for again.
   *
   * @throws {NewerIndex} when a later release has written it; nothing is changed then.
   * @throws an error of which `isDiskFault` is true when the index cannot even be read now.
   */
  static async open(options: SpoolOptions): Promise<Spool> {
    const dirs = ["segments", "objects", "incoming"].map((name) => path.join(options.dir, name));
    for (const dir of dirs) mkdirSync(dir, { recursive: true, mode: 0o700 });
    const [segmentsDir, , incomingDir] = dirs as [string, string, string];
    const ballast = new Ballast(path.join(options.dir, "ballast"));
    const { db, isRebuilt } = openIndex(path.join(options.dir, "index.db"), ballast);
    if (isRebuilt) options.onRebuilt?.();
    try {
      for (const name of readdirSync(incomingDir)) rmSync(path.join(incomingDir, name), { force: true });
      const disk = new DiskGauge(options.dir, options.reserveBytes);
      const segmentBytes = Math.min(options.segmentBytes, Math.max(options.minSegmentBytes, disk.totalBytes / 16));
      const mayPreallocate = (count: number): boolean => disk.hasRoomFor(20 * count * segmentBytes);
      const { journal, found } = await Journal.open({ ...options, segmentBytes, mayPreallocate, dir: segmentsDir });
      try {
        const spool = new Spool({ ...options, segmentBytes }, { db, journal, disk, ballast });
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
    const unknown: Stored[] = [];
    for (const record of found) {
      const { meta, location } = record;
      if (this.#index.knows(meta)) continue;
      if (!(await isWhole(this.#journal, this.#objectsDir, record))) continue;
      unknown.push({ meta, ...(meta.file ? { segment: null, offset: 0 } : location), suspect: true });
    }
    const needed = new Set(unknown.map(({ meta }) => meta.file));
    for (const name of readdirSync(this.#objectsDir))
      if (!needed.has(name) && !this.#index.knowsFile(name)) unlinkSync(path.join(this.#objectsDir, name));
    this.writes.tryNow(() => this.#index.makeAllDue());
    this.writes.tryNow(() => this.#refusals.adopt());
    this.#intake.adopt(unknown);
  }

  begin(object: IncomingObject, onRoom: () => void): ObjectReceiver {
    this.#openStudies.begin(object.association.id);
    return this.#intake.begin(object, onRoom);
  }

  refused({ callingAeTitle }: AssociationInfo, reason: string): void {
    this.#noteRefusal({ sopInstanceUid: null, studyInstanceUid: null, reason, callingAeTitle });
  }

  /** Something was refused as it arrived: its sender has been told, and the site is to know. */
  #noteRefusal(refusal: Omit<Refusal, "at">): void {
    this.writes.enter(() => this.#refusals.add({ ...refusal, at: Date.now() }));
  }

  associationEnded({ id }: AssociationInfo): void {
    this.#openStudies.ended(id);
  }

  get refusals(): RefusalList {
    return this.#refusals;
  }
  get lastReceivedAt(): number | null {
    return this.#intake.lastReceivedAt;
  }

  quietStudies(now: number, quietMs: number): StudyRow[] {
    if (this.#intake.unindexed.length > 0 || this.writes.any) return [];
    return this.#index
      .studiesReady(now, now - quietMs)
      .filter(({ studyInstanceUid }) => !this.#openStudies.isArriving(studyInstanceUid));
  }
  heldCount(studyInstanceUid: string): number {
    return this.#index.heldCount(studyInstanceUid);
  }
  told(study: StudyRow): void {
    this.#outgoing.told(study);
  }
  tellLater(study: StudyRow, at: number): void {
    this.#outgoing.tellLater(study, at);
  }

  /** What waits to be forwarded, whether the index knows of it or not. */
  queue(): { instances: number; bytes: number; oldestReceivedAt: number | null } {
    const { instances, bytes, oldestReceivedAt } = this.#index.queue();
    const { unindexed } = this.#intake;
    return {
      instances: Math.max(0, instances + unindexed.length - this.#outgoing.doneAhead),
      bytes: unindexed.reduce((sum, { meta }) => sum + meta.sizeBytes, bytes),
      oldestReceivedAt: oldestReceivedAt ?? unindexed[0]?.meta.receivedAt ?? null,
    };
  }

  isReceivingFast(now: number): boolean {
    return this.#inflow.isFast(now);
  }
  due(now: number, limit: number, from: "oldest" | "newest"): InstanceRow[] {
    return this.#outgoing.due(now, limit, from);
  }
  purposeOf(studyInstanceUid: string): StudyRow["purpose"] {
    return this.#index.purposeOf(studyInstanceUid);
  }

  locate({ file, segment, offset, sizeBytes }: InstanceRow): Bytes | null {
    const place = file ? path.join(this.#objectsDir, file) : segment ? this.#journal.pathOf(segment) : null;
    if (!place || !existsSync(place)) return null;
    return { path: place, start: offset, length: sizeBytes };
  }

  confirmed(rows: InstanceRow[]): void {
    this.#outgoing.confirmed(rows, Date.now());
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

  rejected(row: InstanceRow, reason: string): void {
    this.#outgoing.refused(row, reason);
  }
  later(rows: InstanceRow[], at: number, reason: string): void {
    this.#outgoing.later(rows, at, reason);
  }

  async sendAgain(instances: InstanceDigest[]): Promise<number> {
    const studies = new Set<string>();
    let found = 0;
    for (const { sopInstanceUid, dataSetSha256: sha256, transferSyntaxUid = "" } of instances) {
      const row = this.#index.find({ sopInstanceUid, sha256, transferSyntaxUid });
      if (row?.state !== "done" || !(await this.#isThere(row))) continue;
      if (!this.locate(row) || !this.writes.tryNow(() => this.#index.queueAgain(row.id))) continue;
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

  /** A fact about this edge that status and the next start are to know, now or once the disk can take it. */
  note(key: "revoked" | "dimsePort", value: string): void {
    this.writes.enter(() => this.#index.setMeta(key, value));
  }
  /** The same, now or not at all. */
  tryNote(key: "lastForwardedAt", value: string): boolean {
    return this.writes.tryNow(() => this.#index.setMeta(key, value));
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
      await reclaimSegments({
        journal: this.#journal,
        intake: this.#intake,
        outgoing: this.#outgoing,
        disk: this.disk,
        segmentBytes: this.#options.segmentBytes,
      });
      if (!this.#ballast.laid && !this.writes.any && this.disk.hasRoomFor(2 * ballastBytes)) this.#ballast.lay();
      if (Date.now() - this.#forgotAt < forgetEveryMs) return;
      this.#forgotAt = Date.now();
      this.writes.tryNow(() => this.#index.forgetDone(this.#forgotAt - forgetAfterMs));
    } catch (error) {
      this.#trouble(error);
    }
  }

  #trouble(error: unknown): void {
    if (!isDiskFault(error)) throw error;
    this.#options.onTrouble?.(error);
  }

  async close(): Promise<void> {
    if (this.#sweepTimer) clearInterval(this.#sweepTimer);
    await this.#sweeping;
    await this.#journal.close();
    this.#intake.close();
    this.writes.settle();
    this.db.close();
  }
}

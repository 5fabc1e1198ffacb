import type { DatabaseSync } from "node:sqlite";
import type { InstanceDigest } from "@overread/shared/edge-contract/v1";
import type { Refusal } from "./refusals.ts";
import type { InstanceRow, StudyRow } from "./rows.ts";

/**
 * What each room sees of the spool. The listener's face is `ObjectStore` of the storage service; `Spool` is all of them
 * together, and only the program's start knows it.
 */
export type { InstanceRow, StudyRow };

/** Bytes of a Part 10 file on our disk. */
export type Bytes = {
  path: string;
  start: number;
  length: number;
};

/** What waits to be forwarded, and what became of it. */
export type ForwardQueue = {
  /** Modalities send so fast that they notice what else the machine does. */
  isReceivingFast(now: number): boolean;
  /** The oldest study first, or the newest alone. `attempts` above 0: ask before sending. */
  due(now: number, limit: number, from: "oldest" | "newest"): InstanceRow[];
  purposeOf(studyInstanceUid: string): StudyRow["purpose"];
  /** Where the bytes of an object are, or null when they are gone (the archive confirmed them before a crash). */
  locate(row: InstanceRow): Bytes | null;
  /** The archive holds these: their bytes may go. */
  confirmed(rows: InstanceRow[]): void;
  /** The archive will never take it: it is kept, and sent no more. */
  rejected(row: InstanceRow, reason: string): void;
  /** Not before `at`, and then the archive is asked first. */
  later(rows: InstanceRow[], at: number, reason: string): void;
};

/** Studies that are complete, for the room that tells the portal. */
export type StudyQueue = {
  /** Their associations have ended, nothing came for `quietMs`, nothing is queued. */
  quietStudies(now: number, quietMs: number): StudyRow[];
  /** Different SOP instances of a study that the archive holds. */
  heldCount(studyInstanceUid: string): number;
  told(study: StudyRow): void;
  tellLater(study: StudyRow, at: number): void;
};

/** What was refused for good, by us or by the archive. */
export type RefusalList = {
  /** Grows with every change. */
  readonly revision: number;
  count(): number;
  /** The newest first. */
  list(limit: number): Refusal[];
};

/** Writes to the index that must happen, now or once the disk can take them, in their order. */
export type OrderedWrites = {
  /** The index is behind what happened. */
  readonly any: boolean;
  /** Enters it now or, behind all that is owed already, later. @returns whether it is entered. */
  enter(write: () => void, durable?: boolean): boolean;
  /** Enters it now or not at all. @returns whether it is entered. */
  tryNow(write: () => void, durable?: boolean): boolean;
};

/** For a room that keeps rows of its own in the edge's database. */
export type OwnRows = { readonly db: DatabaseSync; readonly writes: OrderedWrites };

/** How the spool is, for the heartbeat. */
export type SpoolReport = {
  queue(): { instances: number; bytes: number; oldestReceivedAt: number | null };
  readonly lastReceivedAt: number | null;
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number };
};

/** Answers the archive when it has lost what it confirmed. */
export type SentObjects = {
  /** Queues again what is here still. @returns how many that are. */
  sendAgain(instances: InstanceDigest[]): Promise<number>;
};

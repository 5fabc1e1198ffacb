import { existsSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isEnrolled, loadIdentity } from "./control/identity.ts";
import { lockStateDir } from "./lock.ts";
import { DeliveryStore } from "./returns/delivery-store.ts";
import { DiskGauge } from "./spool/disk.ts";
import { SpoolIndex } from "./spool/index-db.ts";
import { type FoundRecord, readRecords } from "./spool/journal-scan.ts";
import { Refusals } from "./spool/refusals.ts";
import { KEEP_DONE_MS } from "./spool/spool.ts";

const REFUSED_SHOWN = 100;

export interface EdgeStatus {
  enrolled: boolean;
  running: boolean;
  revoked: boolean;
  /** Why what follows about the spool is not known; null when it is. The rest is right all the same. */
  problem: "index-unreadable" | "identity-unreadable" | null;
  portal: string | null;
  edgeId: string | null;
  facilitySlug: string | null;
  dimsePort: number | null;
  queue: { instances: number; bytes: number; oldestReceivedAt: string | null };
  /** Objects that we or the archive will never take, the newest first; what the archive refused is kept in the spool. */
  refused: {
    count: number;
    items: { sopInstanceUid?: string; studyInstanceUid?: string; reason: string; callingAeTitle: string; at: string }[];
  };
  returns: { waiting: number; lastError: string | null };
  lastReceivedAt: string | null;
  lastForwardedAt: string | null;
  disk: { freeBytes: number; totalBytes: number; reserveBytes: number } | null;
}

/**
 * How the edge router in a state folder is, whether it runs or not, whatever state its files are in. Reads only.
 * What the journal holds and the index could not take yet, as on a full disk, waits like the rest.
 */
export async function readStatus(stateDir: string, reserveBytes: number | null): Promise<EdgeStatus> {
  const status: EdgeStatus = {
    enrolled: isEnrolled(stateDir),
    running: isRunning(stateDir),
    revoked: false,
    problem: null,
    portal: null,
    edgeId: null,
    facilitySlug: null,
    dimsePort: null,
    queue: { instances: 0, bytes: 0, oldestReceivedAt: null },
    refused: { count: 0, items: [] },
    returns: { waiting: 0, lastError: null },
    lastReceivedAt: null,
    lastForwardedAt: null,
    disk: null,
  };
  if (status.enrolled)
    try {
      const { portal, edgeId, facilitySlug } = loadIdentity(stateDir);
      Object.assign(status, { portal, edgeId, facilitySlug });
    } catch {
      status.problem = "identity-unreadable";
    }
  const spoolDir = path.join(stateDir, "spool");
  const file = path.join(spoolDir, "index.db");
  if (!existsSync(file)) return status;
  const gauge = new DiskGauge(spoolDir, reserveBytes);
  status.disk = { freeBytes: gauge.freeBytes, totalBytes: gauge.totalBytes, reserveBytes: gauge.reserveBytes };
  // Before the index: what is entered meanwhile is counted there.
  const records = await readRecords(path.join(spoolDir, "segments"));
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    const index = new SpoolIndex(db);
    status.queue = queueOf(index, records);
    status.refused = refusedOf(new Refusals(db));
    status.returns = new DeliveryStore(db).summary();
    status.lastReceivedAt = iso(index.lastReceivedAt());
    status.lastForwardedAt = index.meta("lastForwardedAt") || null;
    status.revoked = status.edgeId !== null && index.meta("revoked") === status.edgeId;
    if (status.running) status.dimsePort = Number(index.meta("dimsePort")) || null;
  } catch {
    // Empty, damaged or only just being made: the router mends it when it starts.
    status.problem ??= "index-unreadable";
  } finally {
    db?.close();
  }
  return status;
}

function queueOf(index: SpoolIndex, records: FoundRecord[]): EdgeStatus["queue"] {
  const { instances, bytes, oldestReceivedAt } = index.queue();
  const forgottenBefore = Date.now() - KEEP_DONE_MS;
  const ahead = records.filter(({ meta }) => meta.receivedAt > forgottenBefore && !index.knows(meta));
  const oldest = ahead.reduce((least, { meta }) => Math.min(least, meta.receivedAt), oldestReceivedAt ?? Infinity);
  return {
    instances: instances + ahead.length,
    bytes: ahead.reduce((sum, { meta }) => sum + meta.sizeBytes, bytes),
    oldestReceivedAt: iso(oldest === Infinity ? null : oldest),
  };
}

function refusedOf(refusals: Refusals): EdgeStatus["refused"] {
  const items = refusals.list(REFUSED_SHOWN).map(({ sopInstanceUid, studyInstanceUid, at, ...rest }) => ({
    ...(sopInstanceUid ? { sopInstanceUid } : {}),
    ...(studyInstanceUid ? { studyInstanceUid } : {}),
    ...rest,
    at: new Date(at).toISOString(),
  }));
  return { count: refusals.count(), items };
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

function isRunning(stateDir: string): boolean {
  if (!existsSync(path.join(stateDir, "lock.db"))) return false;
  const unlock = lockStateDir(stateDir);
  unlock?.();
  return unlock === null;
}

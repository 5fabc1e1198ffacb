import { existsSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DiskGauge } from "./disk.ts";
import type { RefusalList } from "./faces.ts";
import { SpoolIndex } from "./index-db.ts";
import { type FoundRecord, readRecords } from "./journal-scan.ts";
import { assertNotNewer, NewerIndex } from "./migrations.ts";
import { Refusals } from "./refusals.ts";
import { forgetAfterMs } from "./rows.ts";

/** A spool seen from outside the router: read only, whether the router runs or not. */
export type SpoolView = {
  /** What the journal holds and the index could not take yet, as on a full disk, waits like the rest. */
  queue: { instances: number; bytes: number; oldestReceivedAt: number | null };
  refusals: RefusalList;
  lastReceivedAt: number | null;
  fact(key: "revoked" | "dimsePort" | "lastForwardedAt"): string | null;
  /** For a room that keeps rows of its own there. */
  db: DatabaseSync;
};
export type DiskView = { freeBytes: number; totalBytes: number; reserveBytes: number };

/**
 * Looks into a spool's folder.
 *
 * @param use is given what is there, in which nothing is changed.
 * @returns the disk, null when there is no spool; ``problem` says why nothing else is known: the index is empty,
 *   damaged or being made, or a later release has written it.
 */
export async function lookIntoSpool(
  dir: string,
  reserveBytes: number | null,
  use: (view: SpoolView) => void,
): Promise<{ disk: DiskView | null; problem: "index-unreadable" | "index-newer" | null }> {
  const file = path.join(dir, "index.db");
  if (!existsSync(file)) return { disk: null, problem: null };
  const gauge = new DiskGauge(dir, reserveBytes);
  const disk = { freeBytes: gauge.freeBytes, totalBytes: gauge.totalBytes, reserveBytes: gauge.reserveBytes };
  // Before the index: what is entered meanwhile is counted there.
  const records = await readRecords(path.join(dir, "segments"));
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file, { readOnly: true });
    assertNotNewer(db);
    const index = new SpoolIndex(db);
    use({
      queue: queueOf(index, records),
      refusals: new Refusals(db),
      lastReceivedAt: index.lastReceivedAt(),
      fact: (key) => index.meta(key),
      db,
    });
    return { disk, problem: null };
  } catch (error) {
    return { disk, problem: error instanceof NewerIndex ? "index-newer" : "index-unreadable" };
  } finally {
    db?.close();
  }
}

function queueOf(index: SpoolIndex, records: FoundRecord[]): SpoolView["queue"] {
  const { instances, bytes, oldestReceivedAt } = index.queue();
  const forgottenBefore = Date.now() - forgetAfterMs;
  const ahead = records.filter(({ meta }) => meta.receivedAt > forgottenBefore && !index.knows(meta));
  const oldest = ahead.reduce((least, { meta }) => Math.min(least, meta.receivedAt), oldestReceivedAt ?? Infinity);
  return {
    instances: instances + ahead.length,
    bytes: ahead.reduce((sum, { meta }) => sum + meta.sizeBytes, bytes),
    oldestReceivedAt: oldest === Infinity ? null : oldest,
  };
}

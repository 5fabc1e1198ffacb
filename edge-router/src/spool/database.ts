import { DatabaseSync } from "node:sqlite";
import { isIndexFault } from "./disk-fault.ts";
import { assertNotNewer, type Migration, migrate, migrations } from "./migrations.ts";

/**
 * Opens the index, in the newest shape. Commits of the spool need no sync of their own (`synchronous=normal`): what was
 * acknowledged is in the journal, and what a power cut takes from here is read from there again, or asked of the portal
 * again.
 *
 * @throws {NewerIndex} when a later release has written it; nothing is changed then.
 * @throws {DamagedIndex}
 */
export function openDatabase(file: string, steps: readonly Migration[] = migrations): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    assertNotNewer(db, steps.length);
    db.exec("pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 1000;");
    db.exec("pragma journal_size_limit = 4194304; pragma busy_timeout = 2000;");
    if ((db.prepare("pragma quick_check(1)").get() as { quick_check: string }).quick_check !== "ok")
      throw new DamagedIndex();
    // Synced, unlike what follows: the tables themselves are never taken by a power cut.
    migrate(db, steps);
    checkpoint(db);
    db.exec("pragma synchronous = normal;");
    return db;
  } catch (error) {
    db.close();
    throw isDamage(error) ? new DamagedIndex({ cause: error }) : error;
  }
}

/** What is in the file is no index any more. It can be made anew: the journal and the archive know what was in it. */
export class DamagedIndex extends Error {
  constructor(options?: ErrorOptions) {
    super("the spool's index is damaged", options);
    this.name = "DamagedIndex";
  }
}

/** SQLite's CORRUPT and NOTADB, and a table of ours with other columns. */
const isDamage = (error: unknown): boolean =>
  error instanceof DamagedIndex ||
  (error instanceof Error &&
    "errcode" in error &&
    typeof error.errcode === "number" &&
    [1, 11, 26].includes(error.errcode & 0xff));

/** Moves the write-ahead log into the database, so that its room is used again. @returns whether that was possible. */
export function checkpoint(db: DatabaseSync): boolean {
  try {
    db.exec("pragma wal_checkpoint(passive)");
    return true;
  } catch (error) {
    if (!isIndexFault(error)) throw error;
    return false;
  }
}

/** Runs several writes as one, all or nothing. */
export function inTransaction<T>(db: DatabaseSync, write: () => T): T {
  db.exec("begin immediate");
  try {
    const result = write();
    db.exec("commit");
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec("rollback");
    throw error;
  }
}

import { DatabaseSync } from "node:sqlite";
import { isIndexFault } from "./disk-fault.ts";
import { refusalSchema } from "./refusals.ts";

const schema = `
create table if not exists instance (
  id integer primary key,
  sopInstanceUid text not null,
  studyInstanceUid text not null,
  sha256 text not null,
  transferSyntaxUid text not null,
  segment text,
  offset integer not null,
  file text,
  sizeBytes integer not null,
  receivedAt integer not null,
  studyReceivedAt integer not null,
  state text not null,
  attempts integer not null default 0,
  nextAttemptAt integer not null default 0,
  reason text,
  doneAt integer,
  unique (sopInstanceUid, sha256, transferSyntaxUid)
) strict;
create index if not exists instance_due on instance (studyReceivedAt, id) where state = 'queued';
create index if not exists instance_study on instance (studyInstanceUid, state);
create index if not exists instance_segment on instance (segment) where state <> 'done';
create index if not exists instance_file on instance (file) where file is not null;
create index if not exists instance_refused on instance (id) where state = 'refused';
create table if not exists study (
  studyInstanceUid text primary key,
  firstReceivedAt integer not null,
  lastReceivedAt integer not null,
  callingAeTitle text not null,
  purpose text not null,
  revision integer not null,
  toldRevision integer not null default 0,
  attempts integer not null default 0,
  nextAttemptAt integer not null default 0
) strict;
create index if not exists study_untold on study (nextAttemptAt) where revision > toldRevision;
create table if not exists delivery (
  deliveryId text primary key,
  offer text not null,
  state text not null,
  file text,
  dimseStatus integer,
  reason text,
  attempts integer not null default 0,
  nextAttemptAt integer not null default 0,
  receivedAt integer not null,
  leasedUntil integer not null,
  deliveredAt integer,
  reported integer not null default 0
) strict;
create table if not exists meta (key text primary key, value text not null) strict;
${refusalSchema}`;

/**
 * Opens the index. Commits of the spool need no sync of their own (`synchronous=normal`): what was acknowledged
 * is in the journal, and what a power cut takes from here is read from there again, or asked of the portal again.
 */
export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    db.exec("pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = 1000;");
    db.exec("pragma journal_size_limit = 4194304; pragma busy_timeout = 2000;");
    if ((db.prepare("pragma quick_check(1)").get() as { quick_check: string }).quick_check !== "ok")
      throw new DamagedIndex();
    // The tables themselves are never taken by a power cut: whoever reads the file finds them there.
    inTransaction(db, () => {
      const isOld = noteSyntaxes(db);
      db.exec(schema);
      if (isOld)
        db.exec(
          `insert into instance (${ofOld}, transferSyntaxUid) select ${ofOld}, '' from before; drop table before;`,
        );
    });
    checkpoint(db);
    db.exec("pragma synchronous = normal;");
    return db;
  } catch (error) {
    db.close();
    throw isDamage(error) ? new DamagedIndex({ cause: error }) : error;
  }
}

const ofOld = `id, sopInstanceUid, studyInstanceUid, sha256, segment, offset, file, sizeBytes, receivedAt, studyReceivedAt, state,
  attempts, nextAttemptAt, reason, doneAt`;
/** Up to 0.1.0 an object was its bytes alone. @returns whether the objects of such an index wait in the table `before`. */
function noteSyntaxes(db: DatabaseSync): boolean {
  const names = db.prepare("select name from pragma_table_info('instance')").all() as { name: string }[];
  if (names.length === 0 || names.some(({ name }) => name === "transferSyntaxUid")) return false;
  for (const name of ["due", "study", "segment", "file", "refused"]) db.exec(`drop index if exists instance_${name}`);
  db.exec("alter table instance rename to before");
  return true;
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

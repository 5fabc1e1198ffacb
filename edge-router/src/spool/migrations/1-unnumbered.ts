import type { DatabaseSync } from "node:sqlite";

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
create table if not exists refusal (
  id integer primary key,
  sopInstanceUid text not null,
  studyInstanceUid text not null,
  reason text not null,
  callingAeTitle text not null,
  at integer not null,
  unique (sopInstanceUid, studyInstanceUid, reason)
) strict;
`;

const kept = `id, sopInstanceUid, studyInstanceUid, sha256, segment, offset, file, sizeBytes, receivedAt, state, attempts,
  nextAttemptAt, reason, doneAt`;

const columnsOf = (db: DatabaseSync, table: string): Set<string> => {
  const rows = db.prepare("select name from pragma_table_info(?)").all(table) as { name: string }[];
  return new Set(rows.map(({ name }) => name));
};

/**
 * Brings a new file, and every file from before files had a number, to the first numbered shape. Such files are told
 * apart by their columns: objects without the time of their study, or without a transfer syntax (up to 0.1.0 an object
 * was its bytes alone), deliveries without a lease, and no table of refusals.
 */
export function fromUnnumbered(db: DatabaseSync): void {
  const instance = columnsOf(db, "instance");
  const delivery = columnsOf(db, "delivery");
  const isOld = instance.size > 0 && !instance.has("transferSyntaxUid");
  if (isOld) {
    for (const name of ["due", "study", "segment", "file", "refused"]) db.exec(`drop index if exists instance_${name}`);
    db.exec("alter table instance rename to before");
  }
  if (delivery.size > 0 && !delivery.has("leasedUntil"))
    db.exec("alter table delivery add column leasedUntil integer not null default 0");
  db.exec(schema);
  if (!isOld) return;
  const studyReceivedAt = instance.has("studyReceivedAt")
    ? "studyReceivedAt"
    : `coalesce((select firstReceivedAt from study where study.studyInstanceUid = before.studyInstanceUid), receivedAt)`;
  db.exec(
    `insert into instance (${kept}, studyReceivedAt, transferSyntaxUid) select ${kept}, ${studyReceivedAt}, '' from before;
     drop table before;`,
  );
}

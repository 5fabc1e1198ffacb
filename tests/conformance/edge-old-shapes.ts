/** What a shape of the index had already. */
type Has = { studyTime: boolean; lease: boolean; refusals: boolean; syntax: boolean };

/** The tables as a router of that time made them. */
const tables = ({ studyTime, lease, refusals, syntax }: Has): string => `
create table instance (
  id integer primary key,
  sopInstanceUid text not null,
  studyInstanceUid text not null,
  sha256 text not null,
  ${syntax ? "transferSyntaxUid text not null," : ""}
  segment text,
  offset integer not null,
  file text,
  sizeBytes integer not null,
  receivedAt integer not null,
  ${studyTime ? "studyReceivedAt integer not null," : ""}
  state text not null,
  attempts integer not null default 0,
  nextAttemptAt integer not null default 0,
  reason text,
  doneAt integer,
  unique (sopInstanceUid, sha256${syntax ? ", transferSyntaxUid" : ""})
) strict;
create index instance_due on instance (${studyTime ? "studyReceivedAt" : "nextAttemptAt"}, id) where state = 'queued';
create index instance_study on instance (studyInstanceUid, state);
create index instance_segment on instance (segment) where state <> 'done';
create index instance_file on instance (file) where file is not null;
create index instance_refused on instance (id) where state = 'refused';
create table study (
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
create index study_untold on study (nextAttemptAt) where revision > toldRevision;
create table delivery (
  deliveryId text primary key,
  offer text not null,
  state text not null,
  file text,
  dimseStatus integer,
  reason text,
  attempts integer not null default 0,
  nextAttemptAt integer not null default 0,
  receivedAt integer not null,
  ${lease ? "leasedUntil integer not null," : ""}
  deliveredAt integer,
  reported integer not null default 0
) strict;
create table meta (key text primary key, value text not null) strict;
${
  refusals
    ? `create table refusal (
  id integer primary key,
  sopInstanceUid text not null,
  studyInstanceUid text not null,
  reason text not null,
  callingAeTitle text not null,
  at integer not null,
  unique (sopInstanceUid, studyInstanceUid, reason)
) strict;`
    : ""
}`;

type Row = { id: number; study: string; at: number; studyAt: number; state: string; more?: Record<string, string> };
const rows: Row[] = [
  { id: 7, study: "1.2", at: 30, studyAt: 20, state: "queued", more: { attempts: "4" } },
  { id: 8, study: "1.2", at: 31, studyAt: 20, state: "refused", more: { reason: "'why'", file: "'x.dcm'" } },
  { id: 9, study: "1.1", at: 40, studyAt: 10, state: "queued" },
  { id: 10, study: "1.1", at: 10, studyAt: 10, state: "done", more: { doneAt: "77" } },
];

const content = (has: Has): string => {
  const instances = rows.map(({ id, study, at, studyAt, state, more = {} }) => {
    const values: Record<string, string> = {
      id: String(id),
      sopInstanceUid: `'${study}.${id}'`,
      studyInstanceUid: `'${study}'`,
      sha256: `'${String(id % 10).repeat(64)}'`,
      segment: "'a'",
      offset: String(id),
      sizeBytes: "2",
      receivedAt: String(at),
      state: `'${state}'`,
      ...(has.studyTime ? { studyReceivedAt: String(studyAt) } : {}),
      ...(has.syntax ? { transferSyntaxUid: `'${syntaxOfNow}'` } : {}),
      ...more,
    };
    return `insert into instance (${Object.keys(values)}) values (${Object.values(values)});`;
  });
  return `${instances.join("\n")}
insert into study values ('1.1', 10, 40, 'MR1', 'read', 2, 0, 0, 0), ('1.2', 20, 31, 'CT1', 'read', 2, 0, 0, 0);
insert into meta values ('lastForwardedAt', 'then');
insert into delivery (deliveryId, offer, state, attempts, receivedAt${has.lease ? ", leasedUntil" : ""})
  values ('d1', '{}', 'waiting', 3, 5${has.lease ? ", 0" : ""});
${has.refusals ? "insert into refusal values (1, '1.2.8', '1.2', 'why', 'CT1', 31);" : ""}`;
};

const syntaxOfNow = "1.2.840.10008.1.2.4.57";
const shape = (has: Has): { sql: string; tables: string; syntax: string } => ({
  sql: tables(has) + content(has),
  tables: tables(has),
  syntax: has.syntax ? syntaxOfNow : "",
});

/** Every shape that the index had before it got a number, with the same few rows: what a hospital may have on its disk. */
export const oldShapes = {
  "of the first days": shape({ studyTime: false, lease: false, refusals: false, syntax: false }),
  "with the time of the study": shape({ studyTime: true, lease: false, refusals: false, syntax: false }),
  "of release 0.1.0": shape({ studyTime: true, lease: true, refusals: false, syntax: false }),
  "with refusals": shape({ studyTime: true, lease: true, refusals: true, syntax: false }),
  "with transfer syntaxes, the last without a number": shape({
    studyTime: true,
    lease: true,
    refusals: true,
    syntax: true,
  }),
};

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { InstanceRow, Stored, StudyRow } from "./rows.ts";
import type { RecordMeta } from "./segment.ts";

const columns = `id, sopInstanceUid, studyInstanceUid, sha256, transferSyntaxUid, segment, offset, file, sizeBytes, receivedAt, state,
  attempts, reason`;

/** What the edge knows of objects and studies. All calls are synchronous and short. */
export class SpoolIndex {
  readonly #db: DatabaseSync;
  readonly #sql: Record<
    | "find"
    | "insert"
    | "reopen"
    | "touch"
    | "due"
    | "newestStudy"
    | "dueOfStudy"
    | "done"
    | "again"
    | "refused"
    | "later"
    | "studiesReady"
    | "told"
    | "toldLater"
    | "queue"
    | "live"
    | "file"
    | "held"
    | "setMeta"
    | "getMeta",
    StatementSync
  >;

  constructor(db: DatabaseSync) {
    this.#db = db;
    const prepare = (text: string): StatementSync => db.prepare(text);
    this.#sql = {
      find: prepare(
        `select ${columns} from instance where sopInstanceUid = ? and sha256 = ? and transferSyntaxUid in (?, '')`,
      ),
      insert: prepare(
        `insert into instance (sopInstanceUid, studyInstanceUid, sha256, segment, offset, file, sizeBytes, receivedAt,
         transferSyntaxUid, studyReceivedAt, state, attempts) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
         coalesce((select firstReceivedAt from study where studyInstanceUid = ?2), ?8), 'queued', ?10)`,
      ),
      reopen: prepare(
        `update instance set segment = ?, offset = ?, file = ?, sizeBytes = ?, receivedAt = ?, state = 'queued',
         attempts = 1, nextAttemptAt = 0, reason = null, doneAt = null where id = ?`,
      ),
      touch: prepare(
        `insert into study (studyInstanceUid, firstReceivedAt, lastReceivedAt, callingAeTitle, purpose, revision)
         values (?1, ?2, ?2, ?3, ?4, 1)
         on conflict (studyInstanceUid) do update set lastReceivedAt = max(lastReceivedAt, ?2), callingAeTitle = ?3,
         purpose = case when purpose = 'read' then 'read' else ?4 end, revision = revision + 1, attempts = 0,
         nextAttemptAt = 0`,
      ),
      // The oldest study first, so that a long outage is worked off in the order of waiting.
      due: prepare(
        `select ${columns} from instance where state = 'queued' and nextAttemptAt <= ?
         order by studyReceivedAt, id limit ?`,
      ),
      newestStudy: prepare(
        `select studyReceivedAt from instance where state = 'queued' and nextAttemptAt <= ?
         order by studyReceivedAt desc, id desc limit 1`,
      ),
      dueOfStudy: prepare(
        `select ${columns} from instance where state = 'queued' and studyReceivedAt = ? and nextAttemptAt <= ?
         order by id limit ?`,
      ),
      // Where its bytes were stays known: they may be there for a while.
      done: prepare("update instance set state = 'done', file = null, reason = null, doneAt = ? where id = ?"),
      again: prepare(
        `update instance set state = 'queued', attempts = 1, nextAttemptAt = 0, reason = null, doneAt = null
         where id = ? and state = 'done'`,
      ),
      refused: prepare("update instance set state = 'refused', reason = ? where id = ?"),
      later: prepare(
        "update instance set attempts = attempts + 1, nextAttemptAt = ?, reason = ? where id = ? and state = 'queued'",
      ),
      studiesReady: prepare(
        `select studyInstanceUid, firstReceivedAt, lastReceivedAt, callingAeTitle, purpose, revision, attempts
         from study s where revision > toldRevision and nextAttemptAt <= ?1 and lastReceivedAt <= ?2
         and not exists (select 1 from instance i where i.studyInstanceUid = s.studyInstanceUid and i.state = 'queued')
         order by firstReceivedAt limit 50`,
      ),
      told: prepare("update study set toldRevision = max(toldRevision, ?), attempts = 0 where studyInstanceUid = ?"),
      toldLater: prepare("update study set attempts = attempts + 1, nextAttemptAt = ? where studyInstanceUid = ?"),
      queue: prepare(
        `select count(*) as instances, coalesce(sum(sizeBytes), 0) as bytes, min(receivedAt) as oldest
         from instance where state = 'queued'`,
      ),
      live: prepare("select distinct segment from instance where state <> 'done' and segment is not null"),
      file: prepare("select 1 from instance where file = ? limit 1"),
      held: prepare(
        "select count(distinct sopInstanceUid) as count from instance where studyInstanceUid = ? and state = 'done'",
      ),
      setMeta: prepare(
        "insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
      ),
      getMeta: prepare("select value from meta where key = ?"),
    };
  }

  find({
    sopInstanceUid,
    sha256,
    transferSyntaxUid,
  }: Pick<RecordMeta, "sopInstanceUid" | "sha256" | "transferSyntaxUid">): InstanceRow | undefined {
    return this.#sql.find.get(sopInstanceUid, sha256, transferSyntaxUid) as InstanceRow | undefined;
  }

  /** Whether this receipt of an object is entered; what was done before it came again is another receipt. */
  knows(meta: RecordMeta): boolean {
    const known = this.find(meta);
    return known !== undefined && (known.state !== "done" || known.receivedAt >= meta.receivedAt);
  }

  /** Enters an object that the journal holds; one that was done before is queued again. @returns false when it is known. */
  add({ meta, segment, offset, suspect }: Stored): boolean {
    const known = this.find(meta);
    const file = meta.file ?? null;
    if (!known) {
      const { sopInstanceUid, studyInstanceUid, sha256, sizeBytes, receivedAt } = meta;
      const at = [segment, offset, file, sizeBytes, receivedAt, meta.transferSyntaxUid] as const;
      this.#sql.insert.run(sopInstanceUid, studyInstanceUid, sha256, ...at, suspect ? 1 : 0);
      return true;
    }
    // One that was refused and is sent again gets another chance: the archive may have learnt something.
    if (known.state === "queued" || known.receivedAt >= meta.receivedAt) return false;
    this.#sql.reopen.run(segment, offset, file, meta.sizeBytes, meta.receivedAt, known.id);
    return true;
  }

  /** Notes that something of a study came, new or again: the portal will be told once it is quiet. */
  touch(meta: Pick<RecordMeta, "studyInstanceUid" | "receivedAt" | "callingAeTitle" | "purpose">): void {
    this.#sql.touch.run(meta.studyInstanceUid, meta.receivedAt, meta.callingAeTitle, meta.purpose);
  }

  due(now: number, limit: number): InstanceRow[] {
    return this.#sql.due.all(now, limit) as unknown as InstanceRow[];
  }
  /** The same of the study that began to arrive last. */
  dueOfNewest(now: number, limit: number): InstanceRow[] {
    const newest = this.#sql.newestStudy.get(now) as { studyReceivedAt: number } | undefined;
    return newest ? (this.#sql.dueOfStudy.all(newest.studyReceivedAt, now, limit) as unknown as InstanceRow[]) : [];
  }
  markDone(id: number, now: number): void {
    this.#sql.done.run(now, id);
  }
  /** Confirmed once, and to be sent again. */
  queueAgain(id: number): void {
    this.#sql.again.run(id);
  }
  markRefused(id: number, reason: string): void {
    this.#sql.refused.run(reason, id);
  }
  retryLater(id: number, at: number, reason: string): void {
    this.#sql.later.run(at, reason, id);
  }
  /** Makes everything due at once: after a start no retry time of before counts. */
  makeAllDue(): void {
    this.#db.exec("update instance set nextAttemptAt = 0 where state = 'queued' and nextAttemptAt > 0");
    this.#db.exec("update study set nextAttemptAt = 0 where revision > toldRevision");
  }

  /** Studies of which nothing is queued any more and nothing came since `quietSince`, and that the portal must hear of. */
  studiesReady(now: number, quietSince: number): StudyRow[] {
    return this.#sql.studiesReady.all(now, quietSince) as unknown as StudyRow[];
  }
  told(studyInstanceUid: string, revision: number): void {
    this.#sql.told.run(revision, studyInstanceUid);
  }
  toldLater(studyInstanceUid: string, at: number): void {
    this.#sql.toldLater.run(at, studyInstanceUid);
  }
  callingAeTitleOf(studyInstanceUid: string): string {
    const row = this.#db.prepare("select callingAeTitle from study where studyInstanceUid = ?").get(studyInstanceUid);
    return (row as { callingAeTitle: string } | undefined)?.callingAeTitle ?? "";
  }
  purposeOf(studyInstanceUid: string): StudyRow["purpose"] {
    const row = this.#db.prepare("select purpose from study where studyInstanceUid = ?").get(studyInstanceUid);
    return (row as { purpose: StudyRow["purpose"] } | undefined)?.purpose ?? "read";
  }
  /** Different SOP instances of a study that the archive holds. */
  heldCount(studyInstanceUid: string): number {
    return (this.#sql.held.get(studyInstanceUid) as { count: number }).count;
  }

  queue(): { instances: number; bytes: number; oldestReceivedAt: number | null } {
    const row = this.#sql.queue.get() as { instances: number; bytes: number; oldest: number | null };
    return { instances: row.instances, bytes: row.bytes, oldestReceivedAt: row.oldest };
  }
  /**
   * Segments that still hold something needed.
   *
   * @param isDone asked of every row when `ask`: what is done although the index does not say so yet.
   */
  liveSegments(isDone: (id: number) => boolean, ask: boolean): Set<string> {
    if (!ask) return new Set((this.#sql.live.all() as unknown as { segment: string }[]).map(({ segment }) => segment));
    const live = new Set<string>();
    const rows = this.#db.prepare("select id, segment from instance where state <> 'done' and segment is not null");
    for (const { id, segment } of rows.iterate() as unknown as Iterable<{ id: number; segment: string }>)
      if (!live.has(segment) && !isDone(id)) live.add(segment);
    return live;
  }
  /** The newest entry. */
  lastId(): number {
    return (this.#db.prepare("select coalesce(max(id), 0) as id from instance").get() as { id: number }).id;
  }
  lastReceivedAt(): number | null {
    return (this.#db.prepare("select max(lastReceivedAt) as at from study").get() as { at: number | null }).at;
  }
  knowsFile(file: string): boolean {
    return this.#sql.file.get(file) !== undefined;
  }
  /** Forgets what has long been in the archive. */
  forgetDone(before: number): void {
    this.#db.prepare("delete from instance where state = 'done' and doneAt < ?").run(before);
    this.#db
      .prepare(
        `delete from study where revision <= toldRevision and lastReceivedAt < ?
         and not exists (select 1 from instance i where i.studyInstanceUid = study.studyInstanceUid)`,
      )
      .run(before);
  }

  setMeta(key: string, value: string): void {
    this.#sql.setMeta.run(key, value);
  }
  meta(key: string): string | null {
    return (this.#sql.getMeta.get(key) as { value: string } | undefined)?.value ?? null;
  }
}

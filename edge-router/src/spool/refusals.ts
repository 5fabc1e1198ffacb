import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Older ones are removed beyond this, so that a sender of garbage cannot fill the disk. */
const mostRefusals = 10_000;

/** An object that neither we nor the archive will ever take. UIDs are there as far as they could be read. */
export type Refusal = {
  sopInstanceUid: string | null;
  studyInstanceUid: string | null;
  /** A code, never words of the object. */
  reason: string;
  callingAeTitle: string;
  at: number;
};

type Row = { sopInstanceUid: string; studyInstanceUid: string; reason: string; callingAeTitle: string; at: number };

/**
 * What was refused for good and has not come in order since: by us when it arrived, then its sender was told, or by the
 * archive, then its bytes are kept. Each is shown until an object of the same UID is held by the archive.
 */
export class Refusals {
  readonly #db: DatabaseSync;
  readonly #sql: Record<"add" | "trim" | "resolve" | "all" | "count", StatementSync>;
  /** Grows with every change; what the portal was told of is compared with it. */
  revision = 1;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#sql = {
      add: db.prepare(
        `insert into refusal (sopInstanceUid, studyInstanceUid, reason, callingAeTitle, at) values (?, ?, ?, ?, ?)
         on conflict do nothing`,
      ),
      trim: db.prepare(`delete from refusal where id <= (select max(id) from refusal) - ${mostRefusals}`),
      resolve: db.prepare("delete from refusal where sopInstanceUid = ?"),
      all: db.prepare(
        "select sopInstanceUid, studyInstanceUid, reason, callingAeTitle, at from refusal order by id desc limit ?",
      ),
      count: db.prepare("select count(*) as n from refusal"),
    };
  }

  add({ sopInstanceUid, studyInstanceUid, reason, callingAeTitle, at }: Refusal): void {
    const { changes } = this.#sql.add.run(sopInstanceUid ?? "", studyInstanceUid ?? "", reason, callingAeTitle, at);
    if (changes === 0) return;
    this.#sql.trim.run();
    this.revision++;
  }

  /** The archive holds an object of this UID now. */
  resolve(sopInstanceUid: string): void {
    if (this.#sql.resolve.run(sopInstanceUid).changes > 0) this.revision++;
  }

  /** What an earlier release left in the spool as refused. */
  adopt(): void {
    const { changes } = this.#db
      .prepare(
        `insert into refusal (sopInstanceUid, studyInstanceUid, reason, callingAeTitle, at)
         select i.sopInstanceUid, i.studyInstanceUid, coalesce(i.reason, 'archive'), coalesce(s.callingAeTitle, ''), i.receivedAt
         from instance i left join study s on s.studyInstanceUid = i.studyInstanceUid where i.state = 'refused'
         on conflict do nothing`,
      )
      .run();
    if (changes > 0) this.revision++;
  }

  count(): number {
    return (this.#sql.count.get() as { n: number }).n;
  }

  /** The newest first. */
  list(limit: number): Refusal[] {
    return (this.#sql.all.all(limit) as unknown as Row[]).map((row) => ({
      ...row,
      sopInstanceUid: row.sopInstanceUid || null,
      studyInstanceUid: row.studyInstanceUid || null,
    }));
  }
}

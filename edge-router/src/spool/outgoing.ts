import type { SpoolIndex } from "./index-db.ts";
import type { OwedWrites } from "./owed-writes.ts";
import type { Refusals } from "./refusals.ts";
import type { InstanceRow, StudyRow } from "./rows.ts";

/** What happened to an object and is not in the index yet. */
type Ahead = {
  /** Not to be sent before; for ever when it is done or refused. */
  until: number;
  attempts: number;
  done: boolean;
};

/**
 * What waits to be forwarded, and what became of it. Right also while the index cannot write: what it owes is
 * known here, so that nothing is sent twice and the room of what is confirmed can be given back at once.
 */
export class Outgoing {
  readonly #index: SpoolIndex;
  readonly #writes: OwedWrites;
  readonly #refusals: Refusals;
  /** Entered before this start: the archive may have them, whatever the index says. */
  readonly #suspectUpTo: number;
  readonly #ahead = new Map<number, Ahead>();

  constructor(index: SpoolIndex, writes: OwedWrites, refusals: Refusals) {
    this.#index = index;
    this.#writes = writes;
    this.#refusals = refusals;
    this.#suspectUpTo = index.lastId();
  }

  /** The oldest study first, or the newest alone. `attempts` above 0: ask before sending. */
  due(now: number, limit: number, from: "oldest" | "newest"): InstanceRow[] {
    if (this.#writes.tooMany) return [];
    const rows: InstanceRow[] = [];
    const most = limit + this.#ahead.size;
    for (const row of from === "oldest" ? this.#index.due(now, most) : this.#index.dueOfNewest(now, most)) {
      const ahead = this.#ahead.get(row.id);
      if (ahead && ahead.until > now) continue;
      const attempts = Math.max(row.attempts, ahead?.attempts ?? 0, row.id <= this.#suspectUpTo ? 1 : 0);
      rows.push(attempts === row.attempts ? row : { ...row, attempts });
      if (rows.length === limit) break;
    }
    return rows;
  }

  /** Confirmed by the archive, in the index or not. */
  isDone(row: Pick<InstanceRow, "id" | "state">): boolean {
    return row.state === "done" || this.#ahead.get(row.id)?.done === true;
  }

  /** How many the index still counts as waiting although the archive has confirmed them. */
  get doneAhead(): number {
    return [...this.#ahead.values()].filter(({ done }) => done).length;
  }

  confirmed(rows: InstanceRow[], now: number): void {
    const entered = this.#writes.enter(() => {
      for (const { id, sopInstanceUid } of rows) {
        this.#index.markDone(id, now);
        this.#refusals.resolve(sopInstanceUid);
      }
    });
    if (!entered) for (const { id, attempts } of rows) this.#ahead.set(id, { until: Infinity, attempts, done: true });
  }

  /** The archive will never take it: it is kept, and sent no more. */
  refused({ id, attempts, sopInstanceUid, studyInstanceUid, receivedAt }: InstanceRow, reason: string): void {
    const entered = this.#writes.enter(() => {
      this.#index.markRefused(id, reason);
      const callingAeTitle = this.#index.callingAeTitleOf(studyInstanceUid);
      this.#refusals.add({ sopInstanceUid, studyInstanceUid, reason, callingAeTitle, at: receivedAt });
    });
    if (!entered) this.#ahead.set(id, { until: Infinity, attempts, done: false });
  }

  /** Not before `at`, and then the archive is asked first. */
  later(rows: InstanceRow[], at: number, reason: string): void {
    const entered = this.#writes.enter(() => {
      for (const { id } of rows) this.#index.retryLater(id, at, reason);
    });
    if (entered) return;
    for (const { id, attempts } of rows)
      if (this.#ahead.get(id)?.until !== Infinity)
        this.#ahead.set(id, { until: at, attempts: attempts + 1, done: false });
  }

  told({ studyInstanceUid, revision }: StudyRow): void {
    this.#writes.enter(() => this.#index.told(studyInstanceUid, revision));
  }

  tellLater({ studyInstanceUid }: StudyRow, at: number): void {
    this.#writes.enter(() => this.#index.toldLater(studyInstanceUid, at));
  }

  /** Segments that hold something that is needed still. */
  liveSegments(): Set<string> {
    return this.#index.liveSegments((id) => this.#ahead.get(id)?.done === true, this.#ahead.size > 0);
  }

  /** The index has caught up. */
  settled(): void {
    this.#ahead.clear();
  }
}

import type { DatabaseSync } from "node:sqlite";
import { inTransaction } from "./database.ts";
import { isIndexFault } from "./disk-fault.ts";

/** One transaction enters this many at most. */
const writesPerTransaction = 500;
/** What memory may hold of them; beyond it nothing more is forwarded until the index can write. */
const mostOwedWrites = 20_000;

type Write = {
  write(): void;
  durable: boolean;
};

/**
 * Writes to the index that must happen, now or once the disk can take them, in their order. Each must be right
 * also when it is done twice: a commit that failed may have happened.
 */
export class OwedWrites {
  readonly #db: DatabaseSync;
  readonly #freeSpace: readonly (() => boolean)[];
  readonly #onSettled: () => void;
  #owed: Write[] = [];

  /**
   * @param freeSpace tried one after the other when the disk has no room for a write; each says whether it may have freed some.
   * @param onSettled nothing is owed any more.
   */
  constructor(db: DatabaseSync, freeSpace: readonly (() => boolean)[], onSettled: () => void = () => undefined) {
    this.#db = db;
    this.#freeSpace = freeSpace;
    this.#onSettled = onSettled;
  }

  /** The index is behind what happened. */
  get any(): boolean {
    return this.#owed.length > 0;
  }
  get tooMany(): boolean {
    return this.#owed.length > mostOwedWrites;
  }

  /**
   * Enters it in the index now or, behind all that is owed already, later.
   *
   * @param durable it survives a power cut once it is entered.
   * @returns whether it is entered.
   */
  enter(write: () => void, durable = false): boolean {
    if (this.tryNow(write, durable)) return true;
    this.#owed.push({ write, durable });
    return false;
  }

  /** Enters it now or not at all. @returns whether it is entered. */
  tryNow(write: () => void, durable = false): boolean {
    if (this.any && !this.settle()) return false;
    return this.#commit(write, durable);
  }

  /** Enters what is owed, as far as the disk takes it. @returns whether nothing is owed any more. */
  settle(): boolean {
    if (!this.any) return true;
    while (this.any) {
      const batch = this.#owed.slice(0, writesPerTransaction);
      const all = (): void => {
        for (const { write } of batch) write();
      };
      if (
        !this.#commit(
          all,
          batch.some(({ durable }) => durable),
        )
      )
        return false;
      this.#owed = this.#owed.slice(batch.length);
    }
    this.#onSettled();
    return true;
  }

  #commit(write: () => void, durable: boolean): boolean {
    if (this.#attempt(write, durable)) return true;
    return this.#freeSpace.some((free) => free() && this.#attempt(write, durable));
  }

  #attempt(write: () => void, durable: boolean): boolean {
    try {
      if (durable) this.#db.exec("pragma synchronous = full");
      inTransaction(this.#db, write);
      return true;
    } catch (error) {
      if (!isIndexFault(error)) throw error;
      return false;
    } finally {
      if (durable) this.#db.exec("pragma synchronous = normal");
    }
  }
}

import { randomUUID } from "node:crypto";
import { DomainError } from "@overread/shared/errors";

/**
 * Where the reads of a connection stand. Every connection is a stream of its own, and numbers its reads 1, 2, 3 … without a gap: the
 * number is a setting of the database session, changed by the statement that writes the read, so that a transaction that is undone
 * takes its numbers back. Nobody waits for anybody, and a number that is missing is a read that was taken away.
 */
export type ReadPlaceRow = {
  /** `audit.stream`; null or empty on a connection that has written none. */
  stream: string | null;
  /** `audit.stream_n`, the number of the last one. */
  streamN: string | null;
  now: Date;
};

/** The place of one read: its stream, its number there, and the time of its transaction (of the database, in whole milliseconds). */
export type ReadPlace = { stream: string; n: number; at: Date };

const places = new WeakMap<object, { last: ReadPlace | null }>();

/** Columns that the opening statement of a tenant's transaction asks for. */
export const readPlaceColumns = `now() AS now, current_setting('audit.stream', true) AS stream, current_setting('audit.stream_n', true) AS "streamN"`;

/** @returns how to say what the opening statement answered, once it has. */
export function beginReads(tx: object): (row: ReadPlaceRow) => void {
  const state: { last: ReadPlace | null } = { last: null };
  places.set(tx, state);
  return ({ stream, streamN, now }) => {
    state.last = { stream: stream || randomUUID(), n: Number(streamN || 0), at: now };
  };
}

/** Whether a tenant's opener began this transaction. */
export const numbersReads = (tx: object): boolean => places.has(tx);

/** The next place in this transaction, whose opening statement has been answered. */
export function nextRead(tx: object): ReadPlace {
  const last = places.get(tx)?.last;
  if (!last) throw new DomainError("internal");
  last.n++;
  return { ...last };
}

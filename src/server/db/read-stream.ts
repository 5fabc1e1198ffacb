import { randomUUID } from "node:crypto";
import { DomainError } from "@overread/shared/errors";

/**
 * Numbering of audited reads. Every connection is a stream of its own and numbers its reads 1, 2, 3 … without gaps: the
 * number is a session setting, changed by the statement that writes the read, so that a rolled back transaction gives
 * its numbers back. Nobody waits for anybody, and a missing number means that a read was removed.
 */
export type ReadPlaceRow = {
  /** `audit.stream`; null or empty on a connection that has written none. */
  stream: string | null;
  /** `audit.stream_n`, the number of the last one. */
  streamN: string | null;
  now: Date;
};

/**
 * The identity of one read: its stream, its number there, and its transaction's time (of the database, in whole
 * milliseconds).
 */
export type ReadPlace = { stream: string; n: number; at: Date };

const places = new WeakMap<object, { last: ReadPlace | null }>();

/** Columns for the opening statement of a tenant's transaction. */
export const readPlaceColumns = `now() AS now, current_setting('audit.stream', true) AS stream, current_setting('audit.stream_n', true) AS "streamN"`;

/** @returns a function that takes the opening statement's result. */
export function beginReads(tx: object): (row: ReadPlaceRow) => void {
  const state: { last: ReadPlace | null } = { last: null };
  places.set(tx, state);
  return ({ stream, streamN, now }) => {
    state.last = { stream: stream || randomUUID(), n: Number(streamN || 0), at: now };
  };
}

/** Whether this transaction was opened for a tenant. */
export const numbersReads = (tx: object): boolean => places.has(tx);

/** The next number in this transaction, whose opening statement has been answered. */
export function nextRead(tx: object): ReadPlace {
  const last = places.get(tx)?.last;
  if (!last) throw new DomainError("internal");
  last.n++;
  return { ...last };
}

import { randomUUID } from "node:crypto";

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
};

/** The place of one read: its stream, its number there, and the time of its transaction (of the database, in whole milliseconds). */
export type ReadPlace = { stream: string; n: number; at: Date };

const open = new WeakMap<object, { stream: string; n: number; at: Date }>();

/** Notes what the opening statement of a tenant's transaction said. */
export function beginReads(tx: object, { stream, streamN, now }: ReadPlaceRow & { now: Date }): void {
  open.set(tx, { stream: stream || randomUUID(), n: Number(streamN || 0), at: now });
}

/** The next place in this transaction; null in one that no tenant's opener began. */
export function nextRead(tx: object): ReadPlace | null {
  const state = open.get(tx);
  if (!state) return null;
  state.n++;
  return { ...state };
}

type Deferred = { order: string; run: () => Promise<void> };
const deferredOf = new WeakMap<object, Deferred[]>();

/**
 * Runs a transaction's work, and behind it what was kept for its end: what takes a lock that others wait for should hold it for the
 * commit alone.
 */
export async function withEnd<T>(tx: object, work: () => Promise<T>): Promise<T> {
  const { result, ends } = await keepingEnd(tx, work);
  for (const run of ends) await run();
  return result;
}

/**
 * The same for who runs the end himself.
 *
 * @returns `ends` in one order for everybody, so that two who need the same locks do not wait for each other.
 */
export async function keepingEnd<T>(
  tx: object,
  work: () => Promise<T>,
): Promise<{ result: T; ends: (() => Promise<void>)[] }> {
  const last: Deferred[] = [];
  deferredOf.set(tx, last);
  try {
    const result = await work();
    last.sort((a, b) => (a.order < b.order ? -1 : Number(a.order > b.order)));
    return { result, ends: last.map(({ run }) => run) };
  } finally {
    deferredOf.delete(tx);
  }
}

/**
 * Keeps a statement for the end of the transaction; in one that knows no end it runs at once. It fails with the transaction, and the
 * transaction with it.
 *
 * @param order of what it locks; statements of one order keep theirs.
 * @param run sends its one statement before it waits for anything.
 */
export async function atEnd(tx: object, order: string, run: () => Promise<void>): Promise<void> {
  const last = deferredOf.get(tx);
  if (last) last.push({ order, run });
  else await run();
}

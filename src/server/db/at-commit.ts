type Deferred = { order: string; run: () => Promise<void> };
const deferredOf = new WeakMap<object, Deferred[]>();

/**
 * Runs a transaction's work and then its deferred statements: a statement that takes a contended lock should hold it
 * for the commit only.
 */
export async function runWithDeferred<T>(tx: object, work: () => Promise<T>): Promise<T> {
  const { result, ends } = await collectDeferred(tx, work);
  for (const run of ends) await run();
  return result;
}

/**
 * The same for a caller that runs the deferred statements itself.
 *
 * @returns `ends` in a fixed order, so that two transactions that need the same locks do not deadlock.
 */
export async function collectDeferred<T>(
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
 * Defers a statement to the end of the transaction; without {@link runWithDeferred} it runs at once. If it fails, the
 * transaction fails.
 *
 * @param order sort key of the lock it takes; statements of equal keys keep their order.
 * @param run sends its single statement before it waits for anything.
 */
export async function deferToCommit(tx: object, order: string, run: () => Promise<void>): Promise<void> {
  const last = deferredOf.get(tx);
  if (last) last.push({ order, run });
  else await run();
}

type Waiting<T, R> = { item: T; resolve: (result: R) => void; reject: (error: unknown) => void };

/**
 * Batches concurrent calls: items requested during one call are collected for the next. One call at a time, so that a
 * single item waits for nobody and many share one round trip, one commit and one lock.
 *
 * @param work returns a result for each item, in order; when it throws, every item of that call gets the error.
 * @param atMost items per call.
 */
export function batchCalls<T, R>(work: (items: T[]) => Promise<R[]>, atMost: number): (item: T) => Promise<R> {
  let waiting: Waiting<T, R>[] = [];
  let running = false;
  const run = async (): Promise<void> => {
    // Includes what is requested in the same turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const flight = waiting.slice(0, atMost);
      waiting = waiting.slice(atMost);
      try {
        const results = await work(flight.map(({ item }) => item));
        for (const [index, { resolve }] of flight.entries()) resolve(results[index] as R);
      } catch (error) {
        for (const { reject } of flight) reject(error);
      }
    }
    running = false;
  };
  return (item) =>
    new Promise<R>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!running) {
        running = true;
        void run();
      }
    });
}

/** Limits concurrency; further calls wait in line. */
export function limitConcurrency(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  const line: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= count) await new Promise<void>((resolve) => line.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else running--;
    }
  };
}

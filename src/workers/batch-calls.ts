type Waiting<T, R> = { item: T; resolve: (result: R) => void; reject: (error: unknown) => void };

/**
 * Makes many calls one: what is asked for while one call is under way gathers for the next. One call at a time, so that a lone item
 * waits for nobody and a crowd shares one round trip, one commit and one lock.
 *
 * @param work answers each item, in their order; when it throws, every item of that call is answered with the error.
 * @param atMost items of one call.
 */
export function batchCalls<T, R>(work: (items: T[]) => Promise<R[]>, atMost: number): (item: T) => Promise<R> {
  let waiting: Waiting<T, R>[] = [];
  let running = false;
  const run = async (): Promise<void> => {
    // What comes in the same turn goes along.
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

/** Lets so many pass at a time; the others wait in line. */
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

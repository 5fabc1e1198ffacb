const firstMs = 1_000;
const longestMs = 60_000;

/**
 * How long to wait before trying again: doubling from a second to a minute, with jitter so that edges which
 * lost the portal together do not come back together.
 *
 * @param attempts failures so far, 1 or more.
 */
export function backoffMs(attempts: number, random: () => number = Math.random): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(attempts - 1, 10));
  return Math.round(ceiling * (0.5 + random() / 2));
}

/** Waits, or returns early when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}

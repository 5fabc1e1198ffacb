/**
 * The server's clock in the browser. Leases, due times and "min ago" are the server's; a reader's clock may be wrong or
 * be set while the page is open, and must not decide whether a claim holds. Between two answers the time is measured by
 * `performance.now()`, which cannot be set.
 */
export type ServerClock = {
  /** The server's time (ms since 1970). */
  now: () => number;
  /** Takes the time the server wrote into a page or into an answer's Date header (RFC 9110 §6.6.1). */
  adjust: (at: number | string | null) => void;
};

/** A Date header has whole seconds and some latency; smaller differences are ignored. */
const toleranceMs = 2_000;

/** @param elapsed monotonic ms from any origin, @param wall the machine's clock, used until the server's is known */
export function newServerClock(elapsed: () => number, wall: () => number): ServerClock {
  let anchor: { server: number; at: number } | null = null;
  const now = () => (anchor ? anchor.server + (elapsed() - anchor.at) : wall());
  return {
    now,
    adjust(at) {
      // On average, half of the header's second has passed.
      const server = typeof at === "string" ? Date.parse(at) + 500 : at;
      if (server === null || !Number.isFinite(server)) return;
      if (!anchor || Math.abs(server - now()) > toleranceMs) anchor = { server, at: elapsed() };
    },
  };
}

const clock = newServerClock(
  () => performance.now(),
  () => Date.now(),
);

export const serverNow = clock.now;
export const adjustServerClock = clock.adjust;

/** `fetch` that adjusts the server clock by each answer's Date header. */
export const fetchWithServerTime: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  adjustServerClock(answer.headers.get("date"));
  return answer;
};

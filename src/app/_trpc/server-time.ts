/**
 * The server's time in the browser. Leases, due times and "min ago" are the server's; a reader's clock may be half an
 * hour off or be set while the page is open, and may not decide whether there is a claim. What passes between two
 * answers is measured by `performance.now()`, which nobody sets.
 */
export type ServerClock = {
  /** Now by the server (ms since 1970). */
  now: () => number;
  /** The time the server wrote into a page or into an answer's Date header (RFC 9110 §6.6.1). */
  heard: (at: number | string | null) => void;
};

/** A Date header counts whole seconds and travels a while: less of a difference than this is no news. */
const newsMs = 2_000;

/** @param elapsed monotonic ms from any origin, @param wall the machine's clock, used until the server was heard */
export function newServerClock(elapsed: () => number, wall: () => number): ServerClock {
  let anchor: { server: number; at: number } | null = null;
  const now = () => (anchor ? anchor.server + (elapsed() - anchor.at) : wall());
  return {
    now,
    heard(at) {
      // A header's second has passed by half, on average.
      const server = typeof at === "string" ? Date.parse(at) + 500 : at;
      if (server === null || !Number.isFinite(server)) return;
      if (!anchor || Math.abs(server - now()) > newsMs) anchor = { server, at: elapsed() };
    },
  };
}

const clock = newServerClock(
  () => performance.now(),
  () => Date.now(),
);

export const serverNow = clock.now;
export const heardServerTime = clock.heard;

/** `fetch` that listens to the time the server gives with each answer. */
export const fetchHearingTime: typeof fetch = async (input, init) => {
  const answer = await fetch(input, init);
  heardServerTime(answer.headers.get("date"));
  return answer;
};

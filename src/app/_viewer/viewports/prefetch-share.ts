import type { Viewport } from "./viewport.ts";

/** Requests that all viewports together have in flight to fetch ahead. A browser opens six to one host over HTTP/1.1. */
const inFlight = 5;
const forActive = 3;

/**
 * Shares fetching ahead among the viewports: most for the one the reader works in, what is left for the others in their
 * order, and everything for others once it has all it needs.
 *
 * @param all the active one first.
 */
export function sharePrefetch(all: readonly Viewport[]): void {
  let left = inFlight;
  for (const [place, viewport] of all.entries()) {
    const most = all.length === 1 ? 4 : place === 0 ? forActive : 1;
    const share = Math.min(left, viewport.wantsMore() || place === 0 ? most : 0);
    if (viewport.wantsMore()) left -= share;
    viewport.setPrefetch(share, 1 / all.length);
  }
}

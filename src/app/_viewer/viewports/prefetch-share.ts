import type { Viewport } from "./viewport.ts";

/** Prefetch requests in flight over all viewports. A browser opens six connections to one host over HTTP/1.1. */
const inFlight = 5;
const forActive = 3;

/**
 * Divides prefetching among the viewports: most for the active one, the rest for the others in their order, and
 * everything for the others once the active one has all it needs.
 *
 * @param all viewports, the active one first.
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

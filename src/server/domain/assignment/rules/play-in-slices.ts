import { setImmediate } from "node:timers/promises";
import type { Instant } from "../engine/codes.ts";
import type { Played } from "../engine/recorded.ts";
import { type Rehearsed, rehearsing } from "../engine/rehearse.ts";

/** Others in this process wait no longer than this for their turn, or as long as one decision takes. */
const sliceMs = 20;

/**
 * Plays to the end, or until the time is over, letting others have the processor in between.
 * @returns `reached`: how far it came; the end of what was asked for, if it was in time.
 */
export async function playInSlices(
  rehearsed: Rehearsed,
  limitMs: number,
): Promise<{ played: Played; reached: Instant }> {
  const play = rehearsing(rehearsed);
  const begun = performance.now();
  let sliceBegan = begun;
  for (;;) {
    const { done, value } = play.next();
    if (done) return { played: value, reached: rehearsed.until };
    const now = performance.now();
    if (now - begun > limitMs) return { played: value.soFar(), reached: value.at };
    if (now - sliceBegan < sliceMs) continue;
    await setImmediate();
    sliceBegan = performance.now();
  }
}

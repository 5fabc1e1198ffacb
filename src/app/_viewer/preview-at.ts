/** What comes sooner is not worth a picture in between. Milliseconds. */
export const worthWaitingMs = 60;

/**
 * Whether what has come makes a better picture than the last one, and whether that pays.
 *
 * @param ends of the resolutions, the smallest first.
 * @param last the last one that was shown; -1 none.
 * @returns index of the resolution; null: none now.
 */
export function previewAt(
  { bytes, ofBytes, sinceMs }: { bytes: number; ofBytes: number; sinceMs: number },
  ends: readonly number[],
  last: number,
): number | null {
  if (((ofBytes - bytes) / bytes) * sinceMs < worthWaitingMs) return null;
  const whole = ends.length - 1;
  // Smaller than an eighth of each side nothing is recognised.
  const least = Math.max(0, whole - 3);
  for (let resolution = whole - 1; resolution >= least && resolution > last; resolution--)
    if ((ends[resolution] as number) <= bytes) return resolution;
  return null;
}

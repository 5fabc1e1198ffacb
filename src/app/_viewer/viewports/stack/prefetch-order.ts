/**
 * The next image to prefetch: the current one, then outwards from it, two in the direction of travel for each one
 * behind, because readers page on more often than back.
 *
 * @param direction last step: 1 forward, -1 backward.
 * @param wanted false for frames that are loaded, in flight, failed, or out of reach.
 * @returns index, or null when nothing is left.
 */
export function nextToPrefetch(
  length: number,
  index: number,
  direction: 1 | -1,
  wanted: (index: number) => boolean,
  reach = Number.POSITIVE_INFINITY,
): number | null {
  if (index >= 0 && index < length && wanted(index)) return index;
  let ahead = 1;
  let behind = 1;
  const limit = Math.min(reach, length);
  while (ahead <= limit || behind <= limit) {
    for (let step = 0; step < 2 && ahead <= limit; step++, ahead++) {
      const candidate = index + direction * ahead;
      if (candidate >= 0 && candidate < length && wanted(candidate)) return candidate;
    }
    if (behind <= limit) {
      const candidate = index - direction * behind;
      behind++;
      if (candidate >= 0 && candidate < length && wanted(candidate)) return candidate;
    }
  }
  return null;
}

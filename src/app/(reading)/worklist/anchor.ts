/**
 * Keeps the row under the pointer in place when rows above it appear, disappear or move.
 *
 * @param before, after ids of the rows in order, before and after the change
 * @param anchorId the row that must not move; null when the pointer is on none
 * @param scrollTop the list's scroll position in pixels
 * @returns the new scroll position, and the empty space needed above the first row when scrolling is not enough
 */
export function keepInPlace({
  before,
  after,
  anchorId,
  scrollTop,
  spaceAbove,
  rowHeight,
}: {
  before: readonly string[];
  after: readonly string[];
  anchorId: string | null;
  scrollTop: number;
  spaceAbove: number;
  rowHeight: number;
}): { scrollTop: number; spaceAbove: number; moved: number } {
  const from = anchorId ? before.indexOf(anchorId) : -1;
  const to = anchorId ? after.indexOf(anchorId) : -1;
  if (from < 0 || to < 0 || from === to) return { scrollTop, spaceAbove, moved: 0 };
  const target = scrollTop + (to - from) * rowHeight;
  if (target >= 0) return { scrollTop: target, spaceAbove, moved: to - from };
  return { scrollTop: 0, spaceAbove: spaceAbove - target, moved: to - from };
}

/** Ids that are new; none when the list was empty before, since a first load is no news. */
export function newIds(before: readonly string[] | null, after: readonly string[]): string[] {
  if (!before) return [];
  const known = new Set(before);
  return after.filter((id) => !known.has(id));
}

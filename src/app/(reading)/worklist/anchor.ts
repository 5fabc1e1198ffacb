/**
 * Keeps the row under the pointer where it is when rows come, go or change places above it.
 *
 * @param before, after ids of the rows in order, before and after the change
 * @param anchorId the row that must not move; null when nobody is pointing
 * @param scrollTop where the list is scrolled to, in pixels
 * @returns where to scroll to, and the empty room needed above the first row when scrolling back is not enough
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

/** Ids that were not there before, as long as something was: a list that loads for the first time has no news. */
export function newIds(before: readonly string[] | null, after: readonly string[]): string[] {
  if (!before) return [];
  const known = new Set(before);
  return after.filter((id) => !known.has(id));
}

/** One page of the list as it was last fetched. */
export type CasePage<Item> = {
  items: readonly Item[];
  /** Where the next rows begin; null at the end of the list, or at the page's own bound. */
  nextCursor: string | null;
  /** When it was fetched. */
  at: number;
  loaded: boolean;
};

/**
 * All rows in order, and where each page ends. A case that moved from one page to another is in both until both are
 * fetched again: the newer page is right.
 */
export function flatten<Item extends { caseId: string }>(
  pages: readonly CasePage<Item>[],
): { items: Item[]; ends: number[] } {
  const newest = new Map<string, number>();
  for (const [index, { items, at }] of pages.entries())
    for (const { caseId } of items) {
      const other = newest.get(caseId);
      if (other === undefined || at > (pages[other]?.at ?? 0)) newest.set(caseId, index);
    }
  const rows: Item[] = [];
  const ends: number[] = [];
  for (const [index, { items }] of pages.entries()) {
    for (const item of items) if (newest.get(item.caseId) === index) rows.push(item);
    ends.push(rows.length);
  }
  return { items: rows, ends };
}

/** The pages that have rows between two indexes. */
export function pagesSeen(ends: readonly number[], first: number, last: number): { first: number; last: number } {
  const pageOf = (row: number) => {
    const at = ends.findIndex((end) => row < end);
    return at < 0 ? ends.length : at;
  };
  return { first: pageOf(Math.max(0, first)), last: pageOf(last) };
}

/**
 * Where the pages after the first begin, once a page that could not hold all rows up to its bound has become two.
 *
 * @returns `starts` itself when nothing is to be split
 */
export function splitAt<Item>(starts: string[], pages: readonly CasePage<Item>[]): string[] {
  const full = pages.findIndex(
    ({ nextCursor }, index) => index < starts.length && nextCursor !== null && !starts.includes(nextCursor),
  );
  const cursor = pages[full]?.nextCursor;
  return cursor ? starts.toSpliced(full, 0, cursor) : starts;
}

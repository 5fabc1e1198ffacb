import assert from "node:assert/strict";
import { test } from "node:test";
import { type CasePage, flatten, pagesSeen, splitAt } from "./case-pages.ts";

const page = (ids: string, at: number, nextCursor: string | null = null): CasePage<{ caseId: string }> => ({
  items: [...ids].map((caseId) => ({ caseId })),
  nextCursor,
  at,
  loaded: true,
});

test("a case that moved from one page to another stands where the newer page has it", () => {
  const { items, ends } = flatten([page("abc", 1), page("dae", 2), page("fe", 1)]);
  assert.equal(items.map(({ caseId }) => caseId).join(""), "bcdaef");
  assert.deepEqual(ends, [2, 5, 6]);
});

test("the pages in sight are those whose rows are, and the one behind the last when the end is", () => {
  assert.deepEqual(pagesSeen([2, 5, 6], -200, 1), { first: 0, last: 0 });
  assert.deepEqual(pagesSeen([2, 5, 6], 2, 5), { first: 1, last: 2 });
  assert.deepEqual(pagesSeen([2, 5, 6], 4, 900), { first: 1, last: 3 });
});

test("a page that cannot hold all up to its bound becomes two, and only then", () => {
  const starts = ["p", "t"];
  assert.deepEqual(splitAt(starts, [page("a", 1), page("b", 1, "r"), page("c", 1)]), ["p", "r", "t"]);
  assert.equal(splitAt(starts, [page("a", 1), page("b", 1), page("c", 1, "z")]), starts, "the end of what was fetched");
  assert.equal(splitAt(starts, [page("a", 1, "p"), page("b", 1, "t"), page("c", 1)]), starts, "pages that meet");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, readSearch } from "./search.ts";

const id = "0198c0de-0000-7000-8000-000000000001";

test("an address says the filter, and the filter the address", () => {
  const search = readSearch({
    from: "2026-11-01",
    to: "2026-11-30",
    facility: id,
    reader: id,
    as: "first",
    score: "3",
    state: "to-close",
    sort: "weight",
    page: "2",
  });
  assert.deepEqual(search, {
    from: "2026-11-01",
    to: "2026-11-30",
    facilityId: id,
    readerId: id,
    as: "first",
    score: 3,
    state: "to-close",
    sort: "weight",
    page: 2,
  });
  const address = new URL(addressOf(search), "http://localhost");
  assert.deepEqual(readSearch(Object.fromEntries(address.searchParams)), search);
  assert.equal(addressOf({}), "/discrepancies");
});

test("what an address says wrongly is left out", () => {
  assert.deepEqual(
    readSearch({
      from: "2026-02-31",
      to: "yesterday",
      facility: "Lakeside",
      reader: "constructor",
      as: "both",
      score: "1",
      state: "toString",
      sort: "newest",
      page: "0",
    }),
    {},
  );
  assert.deepEqual(readSearch({ score: ["2", "3"] }), { score: 2 });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ladderInWords, nextRow, readRows, rowsOf, sameSteps } from "./ladder-rows.ts";

const usual = [
  { percent: 50, to: "reader" },
  { percent: 100, to: "lead" },
] as const;

test("steps are read in the order in which they are due, whatever order they were typed in", () => {
  const rows = rowsOf([...usual].reverse());
  assert.deepEqual(readRows(rows), { steps: [...usual], problem: null });
  assert.ok(sameSteps([...usual].reverse(), usual));
  assert.equal(ladderInWords(usual), "50\u00a0% whoever reads it, 100\u00a0% the lead");
  assert.equal(ladderInWords([]), "nobody is told");
});

test("what is no share of a time, and what would be told twice, is said instead of saved", () => {
  for (const percent of ["", "0", "1001", "-5", "7.5", "half"])
    assert.match(readRows([{ key: 0, percent, to: "lead" }]).problem ?? "", /whole number/, percent);
  const twice = [...rowsOf(usual), { key: 9, percent: "100", to: "lead" as const }];
  assert.match(readRows(twice).problem ?? "", /At 100 % the lead would be told twice/);
});

test("a further step is later than those there are", () => {
  assert.deepEqual(nextRow(rowsOf(usual)), { key: 2, percent: "150", to: "lead" });
  assert.equal(nextRow([]).percent, "25");
});

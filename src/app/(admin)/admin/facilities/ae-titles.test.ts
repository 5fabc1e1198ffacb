import assert from "node:assert/strict";
import { test } from "node:test";
import { listOfAeTitles } from "./ae-titles.ts";

test("AE titles are read as an administrator types them, each once", () => {
  assert.deepEqual(listOfAeTitles(" CT1, MR 2 ,CT1,").titles, ["CT1", "MR 2"]);
});

test("what no modality can call itself is named", () => {
  assert.match(listOfAeTitles("CT1, ABCDEFGHIJKLMNOPQ").problem ?? "", /ABCDEFGHIJKLMNOPQ/);
  assert.match(listOfAeTitles("A\\B").problem ?? "", /backslash/);
  assert.match(listOfAeTitles("*").problem ?? "", /no AE title/);
  assert.equal(listOfAeTitles("*", { any: true }).problem, null);
});

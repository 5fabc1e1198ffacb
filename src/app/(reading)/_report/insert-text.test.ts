import assert from "node:assert/strict";
import { test } from "node:test";
import { insertAt, replaceText } from "./insert-text.ts";

test("a measurement lands at the cursor with the spaces a person would type", () => {
  assert.equal(insertAt("", 0, 0, "12 mm").text, "12 mm");
  assert.equal(insertAt("A nodule of.", 11, 11, "12 mm").text, "A nodule of 12 mm.");
  assert.equal(insertAt("nodule  stable", 7, 7, "12 mm").text, "nodule 12 mm stable");
  assert.equal(insertAt("ab", 1, 1, "12 mm").text, "a 12 mm b");
  const { text, cursor } = insertAt("size [x] today", 5, 8, "12 mm");
  assert.equal(text.slice(0, cursor), "size 12 mm");
});

test("a measurement drawn anew changes its own words only, and none that were rewritten", () => {
  const old = "12.0 mm (series 2, image 45)";
  assert.equal(
    replaceText(`Nodule ${old}.`, old, "12.4 mm (series 2, image 45)"),
    "Nodule 12.4 mm (series 2, image 45).",
  );
  assert.equal(replaceText("Nodule about 12 mm.", old, "13 mm"), null);
});

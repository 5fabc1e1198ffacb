import assert from "node:assert/strict";
import { test } from "node:test";
import { isAeTitle, trimAeTitle } from "./ae-title.ts";

test("an AE title is up to sixteen printable characters without backslash, spaces around it are padding", () => {
  assert.equal(trimAeTitle("  CT 1      \0"), "CT 1");
  for (const title of ["CT1", "CT 1", "A", "ABCDEFGHIJKLMNOP", "a~!"]) assert.ok(isAeTitle(title), title);
  for (const title of ["", " ", " CT", "CT ", "ABCDEFGHIJKLMNOPQ", "A\\B", "CT\n", "CT\t1", "RÖ", "A\u007f"])
    assert.equal(isAeTitle(title), false, JSON.stringify(title));
});

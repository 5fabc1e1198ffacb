import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { create } from "fontkit";

/** The versions that `typefaces.ts` and `glyph-outline.ts` were written for. */
const triedWith = "2.0.4";

test("fontkit is the one whose inside the typefaces reach into", () => {
  const { version } = JSON.parse(
    readFileSync(fileURLToPath(new URL("../package.json", import.meta.resolve("fontkit"))), "utf8"),
  );
  assert.equal(
    version,
    triedWith,
    `fontkit is ${version} and not ${triedWith}. Before this line is changed: does it still fail to write the outlines of a variable font (then encodeOutline stays, else it goes)? ` +
      "Do createSubset()._addGlyph, .glyf, .loca.offsets, .hmtx.metrics and .offset still make the subset, and getGlyph(id, codePoints) still all glyphs? " +
      "tests/conformance/report-words.test.ts shows whether the words of a report can still be copied out of it.",
  );
});

test("what is replaced in a subset is there to be replaced", () => {
  const file = fileURLToPath(import.meta.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"));
  const subset = create(readFileSync(file)).createSubset();
  assert.equal(typeof subset._addGlyph, "function", "fontkit's subset adds its glyphs by another name");
  for (const name of ["_addGlyph", "includeGlyph", "encode"])
    assert.ok(name in subset, `fontkit's subset has no ${name} any more`);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { studyTextCondition, studyTextPatterns } from "./study-text.ts";

test("one or two letters are the start of a word, more are found anywhere in it", () => {
  assert.deepEqual(studyTextPatterns("Do"), {
    name: ["do%", "% do%", "%=do%"],
    starts: "Do%",
    words: ["Do%", "% Do%"],
  });
  assert.deepEqual(studyTextPatterns("doe"), { name: ["%doe%", null, null], starts: "doe%", words: ["%doe%", null] });
});

test("what means something in a pattern means itself, and what names nobody is not looked for in names", () => {
  const { name, starts, words } = studyTextPatterns("100%_\\");
  assert.deepEqual([name, starts, words], [["%100%", null, null], "100\\%\\_\\\\%", ["%100\\%\\_\\\\%", null]]);
  assert.deepEqual(studyTextPatterns("%_").name, [null, null, null]);
  assert.equal(studyTextCondition("s", studyTextPatterns("%_")).sql.includes("patient_name_search"), false);
});

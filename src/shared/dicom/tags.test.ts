import assert from "node:assert/strict";
import { test } from "node:test";
import { dictionaryByKeyword } from "./dictionary.ts";
import { Tag } from "./tags.ts";

test("every tag stands under the keyword that the registry gives it", () => {
  // What parts items has no VR and so no line in our dictionary (PS3.5 §7.5).
  const delimiters = { Item: "FFFEE000", ItemDelimitationItem: "FFFEE00D", SequenceDelimitationItem: "FFFEE0DD" };
  for (const [keyword, tag] of Object.entries(Tag)) {
    const registered = keyword in delimiters ? delimiters[keyword as keyof typeof delimiters] : undefined;
    assert.equal(tag, registered ?? dictionaryByKeyword(keyword)?.tag, keyword);
  }
});

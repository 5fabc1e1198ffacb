import assert from "node:assert/strict";
import { test } from "node:test";
import { changesOf, moved, nameOf, newEntry, replaced, withCopy } from "./edit-rules.ts";

const entries = ["Nights", "Heads", "Rest"].map((name) => ({ ...newEntry(), name }));
const names = (list: typeof entries) => list.map(({ name }) => name);

test("a rule moves to another place and stops at the ends", () => {
  assert.deepEqual(names(moved(entries, 0, 2)), ["Heads", "Rest", "Nights"]);
  assert.deepEqual(names(moved(entries, 2, 0)), ["Rest", "Nights", "Heads"]);
  assert.deepEqual(names(moved(entries, 0, -1)), names(entries));
  assert.deepEqual(names(moved(entries, 2, 3)), names(entries));
});

test("a copy stands below its rule, under a name and an id of its own", () => {
  const copied = withCopy(entries, 1);
  assert.deepEqual(names(copied), ["Nights", "Heads", "Heads (copy)", "Rest"]);
  assert.equal(new Set(copied.map(({ rule }) => rule.id)).size, 4);
});

test("a rule without a name goes by its number", () => {
  assert.equal(nameOf(newEntry(), 2), "Rule 3");
  assert.equal(nameOf(entries[0]!, 0), "Nights");
});

test("what is different is told rule by rule: added, changed, switched, moved, taken out", () => {
  const [nights, heads, rest] = entries as [
    (typeof entries)[number],
    (typeof entries)[number],
    (typeof entries)[number],
  ];
  const added = newEntry();
  const kinds = (after: typeof entries) => changesOf(entries, after).map(({ ruleId, kind }) => [ruleId, kind]);
  assert.deepEqual(kinds(entries), []);
  assert.deepEqual(kinds([...entries, added]), [[added.rule.id, "added"]]);
  assert.deepEqual(kinds([nights, rest]), [[heads.rule.id, "taken-out"]]);
  assert.deepEqual(kinds(replaced(entries, heads.rule.id, (each) => ({ ...each, on: false }))), [
    [heads.rule.id, "switched-off"],
  ]);
  assert.deepEqual(
    kinds(replaced(entries, heads.rule.id, (each) => ({ ...each, rule: { ...each.rule, exclusive: true } }))),
    [[heads.rule.id, "changed"]],
  );
  assert.deepEqual(kinds([heads, nights, rest]), [
    [heads.rule.id, "moved"],
    [nights.rule.id, "moved"],
  ]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { checksOf } from "./checks.ts";

const sections = (findings: string, impression: string) => [
  { key: "findings", title: "Findings", text: findings },
  { key: "impression", title: "Impression", text: impression },
];
const calm = { unsaved: false, unresolved: false };

test("a report without an impression cannot be signed; an empty section only warns", () => {
  const checks = checksOf(sections("", "  \n"), calm);
  assert.deepEqual(
    checks.map(({ id, blocks }) => [id, blocks]),
    [
      ["impression", true],
      ["empty-findings", false],
    ],
  );
});

test("a blank left over from a template is pointed out where it is", () => {
  const [check] = checksOf(sections("Nodule of [size] mm.", "Stable."), calm);
  assert.equal(check?.sectionKey, "findings");
  assert.equal(check?.blocks, false);
});

test("nothing is signed while two windows disagree", () => {
  const checks = checksOf(sections("Clear.", "Normal."), { unsaved: true, unresolved: true });
  assert.deepEqual(
    checks.map(({ id, blocks }) => [id, blocks]),
    [["conflict", true]],
  );
  assert.deepEqual(checksOf(sections("Clear.", "Normal."), calm), []);
});

test("headings of a template that nobody filled in are counted", () => {
  const [check] = checksOf(sections("Right breast: masses:\nHeart: normal.\nBones: ", "Stable."), calm);
  assert.equal(check?.text, "Findings has 2 headings without text");
  assert.equal(check?.blocks, false);
});

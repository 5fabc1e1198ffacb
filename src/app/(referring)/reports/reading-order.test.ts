import assert from "node:assert/strict";
import { test } from "node:test";
import { readingOrder } from "./reading-order.ts";

const section = (key: string, text = "x") => ({ key, title: key, text });

test("the impression comes first, addenda right behind it, empty sections not at all", () => {
  const parts = readingOrder([
    section("technique"),
    section("findings"),
    section("comparison", "  "),
    section("impression"),
    section("addendum-1"),
    section("addendum-2"),
  ]);
  assert.deepEqual(
    parts.map(({ key, lead }) => [key, lead]),
    [
      ["impression", true],
      ["addendum-1", true],
      ["addendum-2", true],
      ["findings", false],
      ["technique", false],
    ],
  );
});

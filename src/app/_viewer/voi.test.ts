import assert from "node:assert/strict";
import { test } from "node:test";
import { curveOf, rangeOf, type Voi, voiOf, windowNumber, withRange } from "./voi.ts";

const window = (center: number, width: number, shape: Voi["shape"]): Voi => ({ center, width, shape, lut: null });

/** A curve as the renderer evaluates it: linear between its points, constant beyond its ends. */
function greyAt(voi: Voi, value: number, inverse = false): number {
  const { lower, upper, greys } = curveOf(voi, inverse);
  const place = Math.min(1, Math.max(0, (value - lower) / (upper - lower))) * (greys.length - 1);
  const [a, b] = [greys[Math.floor(place)] ?? 0, greys[Math.ceil(place)] ?? 0];
  return Math.round((a + (b - a) * (place % 1)) * 255);
}

test("windows of every function and width have the ends the standard gives them", () => {
  assert.deepEqual(rangeOf(window(40, 400, "LINEAR")), { lower: -160, upper: 239 });
  assert.deepEqual(rangeOf(window(0.5, 1, "LINEAR_EXACT")), { lower: 0, upper: 1 });
  const step = window(100, 1, "LINEAR");
  assert.deepEqual(
    [99, 99.5, 100, 101].map((value) => greyAt(step, value)),
    [0, 0, 255, 255],
  );
  assert.equal(greyAt(window(100, 4, "SIGMOID"), 101), 186);
});

test("a window read back from its ends is the one that was set, whatever its function", () => {
  for (const voi of [window(40, 400, "LINEAR"), window(0.4, 0.8, "LINEAR_EXACT"), window(100, 4, "SIGMOID")])
    assert.deepEqual(withRange(voi, rangeOf(voi)), voi);
  assert.equal(windowNumber(withRange(window(100, 1, "LINEAR"), rangeOf(window(100, 1, "LINEAR"))).width), "1");
  assert.equal(windowNumber(0.8), "0.8");
});

test("a table is drawn by its entries, and stretched when the reader changes the window", () => {
  const lut = { first: 10, full: 255, values: Uint16Array.of(0, 10, 40, 90, 160, 255) };
  const voi = voiOf({ window: null, lut });
  assert.deepEqual(
    [0, 10, 12, 14, 15, 99].map((value) => greyAt(voi, value)),
    [0, 0, 40, 160, 255, 255],
  );
  assert.deepEqual(
    [10, 12, 15].map((value) => greyAt(voi, value, true)),
    [255, 215, 0],
  );
  const stretched = withRange(voi, { lower: 10, upper: 20 });
  assert.deepEqual(
    [10, 14, 20].map((value) => greyAt(stretched, value)),
    [0, 40, 255],
  );
});
